// <lab-replay run name environment live none> plays the replays of a run, one or two side by side. What is shown is in the address:
// replay (step), episode, beside (run:step:episode), at (step of the episode), speed, loop.
import { announce } from './copy.js';
import { count } from './curves.js';
import { download, gif, png, videoTypes, webm } from './replay-export.js';
import { make, Pane } from './replay-pane.js';
import { list } from './replays.js';
import { unwatch, watch } from './visible.js';

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8];
// Steps a second where a step has no duration of its own.
const USUAL_RATE = 8;
const ICONS = {
  play: '<path d="M5 3.2v9.6l7.5-4.8z"/>',
  pause: '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
  back: '<path d="M10 4l-4 4 4 4"/>',
  on: '<path d="M6 4l4 4-4 4"/>',
  start: '<path d="M11 4L7 8l4 4M4.5 4v8"/>',
  loop: '<path d="M3 8a4 4 0 0 1 4-4h5M10 2l2 2-2 2M13 8a4 4 0 0 1-4 4H4M6 14l-2-2 2-2"/>',
  beside: '<rect x="2" y="3.5" width="5" height="9" rx="1"/><rect x="9" y="3.5" width="5" height="9" rx="1"/>',
  download: '<path d="M8 2.5v8M4.75 7.5L8 10.75 11.25 7.5M2.5 13.5h11"/>',
};
const icon = name => `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${ICONS[name]}</svg>`;

class Replay extends HTMLElement {
  static observedAttributes = ['run', 'live', 'none'];
  #panes = [];
  #position = 0;
  #playing = false;
  #last = 0;
  #frame = 0;
  #speed = 1;
  #loop = false;
  #looking = false;
  #export = null;
  #parts = null;
  #begun = false;
  #onKey = event => this.#key(event);

  connectedCallback() {
    document.addEventListener('keydown', this.#onKey);
    watch(this);
    this.#begin();
  }

  disconnectedCallback() {
    unwatch(this);
    document.removeEventListener('keydown', this.#onKey);
    this.#clear();
  }

  attributeChangedCallback(name, before, after) {
    if (!this.isConnected || before === after) return;
    if (name === 'run') {
      this.#clear();
      this.#begin();
    } else if (name === 'none' && !this.#parts) this.#empty();
    // What was written last is still to be found.
    else if (name === 'live') this.#look();
  }

  seen(onScreen) {
    if (!onScreen) this.#pause(false);
  }

  beat() {
    if (this.hasAttribute('live')) this.#look();
  }

  get #run() {
    return this.getAttribute('run');
  }

  async #begin() {
    const query = new URLSearchParams(location.search);
    this.#speed = SPEEDS.find(speed => String(speed) === query.get('speed')) ?? 1;
    this.#loop = query.get('loop') === 'on';
    this.#position = Math.max(0, Math.floor(Number(query.get('at')) || 0));
    if (!this.firstChild) this.#empty('Looking for replays', '');
    await this.#look();
  }

  // Until there is a replay the element looks for the first; then its panes look for more.
  async #look() {
    if (this.#looking || !this.isConnected) return;
    this.#looking = true;
    try {
      if (this.#parts) {
        const free = !this.#playing && (this.#position === 0 || this.#position >= this.#duration);
        await Promise.all(this.#panes.map(async pane => {
          const before = pane.episode;
          await pane.refresh(0, free);
          if (pane.episode !== before) this.#changed(false);
        }));
        return;
      }
      const run = this.#run;
      const replays = await list(run);
      if (run !== this.#run || !this.isConnected) return;
      if (replays?.length) await this.#build();
      else this.#empty();
    } catch (error) {
      if (!this.#parts) this.#empty('The replays could not be read', error.message);
    } finally {
      this.#looking = false;
    }
  }

  #empty(title = this.hasAttribute('live') ? 'No replays yet' : 'This run has no replays', text = this.getAttribute('none') ?? '') {
    const box = make('div', 'empty');
    box.append(make('h2', ''), make('p', ''));
    box.firstChild.textContent = title;
    box.lastChild.textContent = text;
    this.replaceChildren(box);
  }

  #clear() {
    this.#pause(false);
    this.#export?.abort();
    for (const pane of this.#panes) pane.dispose();
    this.#panes = [];
    this.#parts = null;
    this.#begun = false;
    this.replaceChildren();
  }

  async #build() {
    const query = new URLSearchParams(location.search);
    const panes = make('div', 'replay-panes');
    panes.addEventListener('pointerdown', event => this.#drag(event));
    this.#parts = { panes, ...controls() };
    this.replaceChildren(panes, this.#parts.bar);
    this.#wire();
    const first = this.#add({ title: 'Replay' });
    const beside = query.get('beside')?.split(':');
    const opened = [first.open(this.#run, number(query.get('replay')), number(query.get('episode')) ?? 0)];
    if (beside) opened.push(this.#beside(beside[0] === 'this' ? this.#run : beside[0], number(beside[1]), number(beside[2]) ?? 0));
    await Promise.all(opened);
    this.#begun = true;
    this.#changed(false);
  }

  #add(options) {
    const pane = new Pane({ ...options, changed: () => this.#changed() });
    this.#panes.push(pane);
    this.#parts.panes.append(pane.element);
    return pane;
  }

  async #beside(run, step, episode) {
    const environment = this.getAttribute('environment');
    const choices = [{ id: this.#run, name: `This run (${this.getAttribute('name')})` }];
    const response = await fetch(`/api/v1/runs?environment=${encodeURIComponent(environment)}&limit=100`);
    if (response.ok)
      for (const { id, name, seed } of (await response.json()).items)
        if (id !== this.#run) choices.push({ id, name: `${name}, seed ${seed}` });
    if (!choices.some(choice => choice.id === run)) choices.push({ id: run, name: 'Another run' });
    if (!this.#parts || this.#panes.length > 1) return;
    const pane = this.#add({ title: 'Replay beside it', choices, close: () => this.#close() });
    this.#parts.beside.hidden = true;
    await pane.open(run, step, episode);
  }

  #close() {
    this.#panes.pop().dispose();
    this.#parts.beside.hidden = false;
    this.#changed();
    this.#parts.beside.focus();
  }

  #wire() {
    const { play, start, back, on, bar, range, speed, loop, beside } = this.#parts;
    play.addEventListener('click', () => this.#toggle());
    start.addEventListener('click', () => this.#go(0));
    back.addEventListener('click', () => this.#by(-1));
    on.addEventListener('click', () => this.#by(1));
    range.addEventListener('input', () => this.#go(Number(range.value), false));
    range.addEventListener('change', () => this.#remember());
    speed.value = String(this.#speed);
    speed.addEventListener('change', () => {
      this.#speed = Number(speed.value);
      this.#remember();
    });
    loop.setAttribute('aria-pressed', String(this.#loop));
    loop.addEventListener('click', () => {
      this.#loop = !this.#loop;
      loop.setAttribute('aria-pressed', String(this.#loop));
      this.#remember();
    });
    // Early against late is what one wants to see first.
    beside.addEventListener('click', () => this.#beside(this.#run, 0, 0));
    bar.addEventListener('click', event => {
      const kind = event.target.closest('[data-export]')?.dataset.export;
      if (kind) this.#save(kind);
    });
  }

  get #shown() {
    return this.#panes.filter(pane => pane.episode);
  }

  get #duration() {
    return Math.max(1, ...this.#shown.map(pane => pane.episode.length));
  }

  // Steps a second at the world's own speed.
  get #rate() {
    const seconds = this.#shown[0]?.replay.secondsPerStep;
    return seconds ? 1 / seconds : USUAL_RATE;
  }

  // Another replay, or one more or less: all get the same scale.
  #changed(remember = true) {
    if (!this.#parts || !this.#begun) return;
    const shown = this.#shown;
    const [low, high] = [Math.min(...shown.map(pane => least(pane.episode.totals))), Math.max(...shown.map(pane => greatest(pane.episode.totals)))];
    const traces = new Map();
    for (const { name, values } of shown.flatMap(pane => pane.traces)) {
      const [least0, greatest0] = traces.get(name) ?? [Infinity, -Infinity];
      traces.set(name, [Math.min(least0, least(values)), Math.max(greatest0, greatest(values))]);
    }
    for (const pane of shown) pane.scale(this.#duration, low, high, traces);
    this.#parts.panes.classList.toggle('two', this.#panes.length > 1);
    this.#position = Math.min(this.#position, this.#duration);
    this.#draw(true);
    if (remember) this.#remember();
  }

  #draw(force = false) {
    const [here, duration] = [Math.floor(this.#position), this.#duration];
    for (const pane of this.#panes) {
      pane.at(here, force);
      pane.cursor(this.#position);
    }
    const { range, where } = this.#parts;
    range.max = String(duration);
    range.value = String(here);
    range.setAttribute('aria-valuetext', `step ${here} of ${duration}`);
    const seconds = this.#shown[0]?.replay.secondsPerStep;
    where.textContent = `${count(here)} of ${count(duration)} steps${seconds ? ` · ${(here * seconds).toFixed(1)}\u2009s` : ''}`;
  }

  #toggle() {
    if (this.#playing) return this.#pause();
    if (!this.#shown.length) return;
    if (this.#position >= this.#duration) this.#position = 0;
    this.#playing = true;
    this.#last = performance.now();
    this.#mark();
    this.#frame = requestAnimationFrame(now => this.#tick(now));
  }

  #pause(remember = true) {
    if (!this.#playing) return;
    this.#playing = false;
    cancelAnimationFrame(this.#frame);
    if (!this.#parts) return;
    this.#mark();
    if (remember) this.#remember();
  }

  #mark() {
    const { play } = this.#parts;
    play.innerHTML = `${icon(this.#playing ? 'pause' : 'play')}<span>${this.#playing ? 'Pause' : 'Play'}</span>`;
  }

  #tick(now) {
    if (!this.#playing) return;
    // A tab that was away goes on where it was.
    const passed = Math.min(0.25, Math.max(0, (now - this.#last) / 1000));
    this.#last = now;
    this.#position += passed * this.#rate * this.#speed;
    if (this.#position >= this.#duration) {
      if (this.#loop) this.#position = 0;
      else {
        this.#position = this.#duration;
        this.#draw();
        return this.#pause();
      }
    }
    this.#draw();
    this.#frame = requestAnimationFrame(time => this.#tick(time));
  }

  #go(step, remember = true) {
    this.#pause(false);
    this.#position = Math.min(this.#duration, Math.max(0, step));
    this.#draw();
    if (remember) this.#remember();
  }

  // From frame to frame: the most finely recorded episode says how far that is.
  #by(frames) {
    const every = Math.min(...this.#shown.map(pane => pane.episode.frameEvery));
    this.#go((Math.floor(this.#position / every) + frames) * every);
  }

  #drag(event) {
    const pane = this.#panes.find(one => one.element.contains(event.target));
    const step = pane?.stepUnder(event);
    if (step === null || step === undefined) return;
    event.preventDefault();
    const target = event.target;
    target.setPointerCapture(event.pointerId);
    this.#go(step, false);
    const move = moved => this.#go(pane.stepUnder({ target, clientX: moved.clientX }) ?? this.#position, false);
    target.addEventListener('pointermove', move);
    target.addEventListener('lostpointercapture', () => {
      target.removeEventListener('pointermove', move);
      this.#remember();
    }, { once: true });
  }

  #key(event) {
    if (!this.#parts || !this.#shown.length || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    // Elsewhere on the page keys belong to what has the focus, unless that is no more than a heading.
    if (!this.contains(target) && target.closest('a, button, input, select, textarea, summary, dialog, [role="log"], [contenteditable]')) return;
    if (target.matches('select, summary, .sheet *') || (target.matches('input') && event.key.startsWith('Arrow') && !event.shiftKey)) return;
    if (event.key === ' ' && target.matches('button')) return;
    const far = event.shiftKey ? 10 : 1;
    const act = {
      ' ': () => this.#toggle(),
      ArrowLeft: () => this.#by(-far),
      ArrowRight: () => this.#by(far),
      Home: () => this.#go(0),
      End: () => this.#go(this.#duration),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  // The page behind needs to know nothing of this: the address is changed in place.
  #remember() {
    if (!this.#begun) return;
    const url = new URL(location.href);
    const set = (name, value) => value === null ? url.searchParams.delete(name) : url.searchParams.set(name, value);
    const [first, second] = this.#panes;
    set('replay', first.chosen === null ? null : String(first.chosen));
    set('episode', first.episodeIndex ? String(first.episodeIndex) : null);
    set('beside', second ? [second.run === this.#run ? 'this' : second.run, second.chosen ?? '', second.episodeIndex || ''].join(':').replace(/:+$/, '') : null);
    set('at', this.#position >= 1 ? String(Math.floor(this.#position)) : null);
    set('speed', this.#speed === 1 ? null : String(this.#speed));
    set('loop', this.#loop ? 'on' : null);
    if (url.href !== location.href) history.replaceState(history.state, '', url);
  }

  async #save(kind) {
    const panes = this.#shown.map(({ episode, caption }) => ({ episode, caption }));
    if (!panes.length || this.#export) return;
    const names = this.#shown.map(pane => `step-${pane.replay.step}`).join('-and-');
    const name = `${this.getAttribute('name').replace(/[^\w.-]+/g, '-')}-${names}`;
    const { status, stop } = this.#parts;
    const control = this.#export = new AbortController();
    stop.onclick = () => control.abort();
    try {
      if (kind === 'png') {
        download(await png(panes, this.#position), `${name}-frame-${Math.floor(this.#position)}.png`);
        return;
      }
      status.hidden = false;
      const progress = share => { status.firstChild.textContent = `${kind === 'gif' ? 'Drawing the GIF' : 'Recording the video'}: ${Math.round(100 * share)}\u2009%`; };
      progress(0);
      const blob = await (kind === 'gif' ? gif : webm)(panes, this.#rate * this.#speed, progress, control.signal);
      if (!blob) return;
      download(blob, `${name}.${kind}`);
      announce(`Saved ${name}.${kind}`);
    } catch (error) {
      announce('The picture could not be saved');
      status.firstChild.textContent = `Not saved: ${error.message}`;
      await new Promise(resolve => setTimeout(resolve, 6000));
    } finally {
      status.hidden = true;
      this.#export = null;
    }
  }
}

function controls() {
  const bar = make('div', 'card replay-bar');
  const button = (name, word, classes = 'button small square') => {
    const one = make('button', classes);
    one.type = 'button';
    one.innerHTML = icon(name) + (classes.includes('square') ? '' : `<span>${word}</span>`);
    if (classes.includes('square')) {
      one.setAttribute('aria-label', word);
      one.title = word;
    }
    return one;
  };
  const parts = {
    bar,
    play: button('play', 'Play', 'button small primary replay-play'),
    start: button('start', 'To the start'),
    back: button('back', 'One frame back'),
    on: button('on', 'One frame on'),
    range: make('input', 'replay-range'),
    where: make('span', 'small muted number replay-where'),
    speed: make('select', 'input short'),
    loop: button('loop', 'Play again and again', 'button small square'),
    beside: button('beside', 'Compare', 'button small'),
    status: make('span', 'small muted row tight'),
    stop: make('button', 'button small'),
  };
  Object.assign(parts.range, { type: 'range', min: '0', max: '1', step: '1', value: '0' });
  parts.range.setAttribute('aria-label', 'Step of the episode');
  parts.speed.setAttribute('aria-label', 'Speed');
  parts.speed.append(...SPEEDS.map(speed => new Option(`${speed}×`, String(speed))));
  const menu = make('details', 'menu');
  menu.innerHTML = `<summary class="button small">${icon('download')}Save</summary><div class="sheet">
    <button type="button" class="item" data-export="png">${icon('download')}This frame as PNG</button>
    <button type="button" class="item" data-export="gif">${icon('download')}Animated GIF</button>
    ${videoTypes().length ? `<button type="button" class="item" data-export="webm">${icon('download')}Video (WebM)</button>` : ''}</div>`;
  parts.stop.type = 'button';
  parts.stop.textContent = 'Stop';
  parts.status.append(make('span', ''), parts.stop);
  parts.status.hidden = true;
  const scrub = make('div', 'replay-scrub');
  scrub.append(parts.range, parts.where);
  const buttons = make('div', 'row');
  buttons.append(parts.play, parts.start, parts.back, parts.on, parts.loop, parts.speed, make('span', 'grow'), parts.status, parts.beside, menu);
  bar.append(scrub, buttons);
  return parts;
}

const number = text => text ? Number(text) : null;
const least = values => values.reduce((low, value) => Math.min(low, value), Infinity);
const greatest = values => values.reduce((high, value) => Math.max(high, value), -Infinity);

customElements.define('lab-replay', Replay);
