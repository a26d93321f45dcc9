// One replay on the page: what is chosen, its picture, and the return so far under it. The player tells it which step to show.
import { count, figure } from './curves.js';
import { frameAt, list, load } from './replays.js';
import { SceneView } from './scene.js';

const ENDS = { terminated: 'it ended by itself', truncated: 'the time limit ended it', stopped: 'evaluations go no further' };
const WIDE = 1000;
const HIGH = 100;
let numbers = 0;

export class Pane {
  element = make('section', 'card replay-pane');
  run = null;
  replays = [];
  replay = null;
  episode = null;
  #chosen = null;
  #number = ++numbers;
  #runs = make('select', 'input short');
  #steps = make('select', 'input short');
  #episodes = make('select', 'input short');
  #stage = make('div', 'replay-stage');
  #note = make('p', 'note');
  #strip = make('div', 'replay-strip');
  #facts = make('p', 'small muted replay-facts');
  #now = make('b', 'number');
  #whole = make('span', '');
  #foot = make('div', '');
  #line = null;
  #traces = [];
  #view = new SceneView(this.#stage);
  #frame = -1;
  #changed;

  /** @param {{title: string, changed: () => void, choices?: {id: string, name: string}[], close?: () => void}} options */
  constructor({ title, changed, choices = null, close = null }) {
    this.#changed = changed;
    this.element.setAttribute('aria-label', title);
    this.#stage.setAttribute('role', 'img');
    this.#stage.setAttribute('aria-label', 'Replay that is being loaded');
    const head = make('header', 'row');
    if (choices) {
      head.append(labelled('Run', this.#runs, this.#number));
      this.#runs.replaceChildren(...choices.map(({ id, name }) => new Option(name, id)));
      this.#runs.addEventListener('change', () => this.open(this.#runs.value, null));
    }
    head.append(labelled('Policy after', this.#steps, this.#number), labelled('Episode', this.#episodes, this.#number));
    this.#steps.addEventListener('change', () => this.#choose(Number(this.#steps.value)));
    this.#episodes.addEventListener('change', () => this.#take(Number(this.#episodes.value)));
    if (close) {
      const button = make('button', 'button plain square replay-close');
      button.type = 'button';
      button.setAttribute('aria-label', 'Close this replay');
      button.title = 'Close';
      button.innerHTML = '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d="M4 4l8 8M12 4l-8 8"/></svg>';
      button.addEventListener('click', close);
      head.append(button);
    }
    this.#note.textContent = 'Loading the replay';
    this.#stage.append(this.#note);
    this.#line = strip(this.#strip);
    const soFar = make('span', '');
    soFar.append('Return so far ', this.#now);
    this.#facts.append(soFar, this.#whole);
    this.#foot.append(this.#facts);
    this.element.append(head, this.#stage, this.#strip, this.#foot);
  }

  /** The step that was chosen, or null while the latest is shown. */
  get chosen() {
    return this.#chosen;
  }

  /** Settles when the picture can be drawn. */
  get ready() {
    return this.#view.ready;
  }

  /** Shows a run's replay of a step (the latest for null, the first for 0). */
  async open(run, step, episode = 0) {
    this.run = run;
    this.#chosen = step;
    this.replay = this.episode = null;
    if (this.#runs.options.length) this.#runs.value = run;
    await this.refresh(episode);
    this.#changed();
  }

  /** Looks for new replays; takes the latest where none was chosen and nothing else is watched. */
  async refresh(episode = 0, free = true) {
    const run = this.run;
    let replays;
    try {
      replays = await list(run);
    } catch (error) {
      if (!this.replay) this.#say(error.message);
      return;
    }
    if (run !== this.run) return;
    if (!replays?.length) {
      this.replays = [];
      this.#say('This run has no replays.');
      return;
    }
    const before = this.replays.map(one => one.stamp).join();
    const [known, latest] = [this.replay?.step, replays.at(-1)];
    this.replays = replays;
    if (before !== replays.map(one => one.stamp).join() || this.#steps.options.length === 0) this.#fillSteps();
    if (known === undefined || (this.#chosen === null && free && known !== latest.step)) await this.#show(this.#wanted(), episode);
    else this.#steps.value = String(known);
  }

  /** Shows the state after some steps, and the return up to there. */
  at(step, force = false) {
    if (!this.episode) return;
    const here = Math.min(Math.floor(step), this.episode.length);
    const frame = frameAt(this.episode, here);
    this.#now.textContent = figure(this.episode.totals[here]);
    for (const { now, values } of this.#traces) now.textContent = here ? figure(values[here - 1]) : '–';
    if (frame === this.#frame && !force) return;
    this.#frame = frame;
    this.#view.show(this.episode.frames[frame]);
    this.#stage.setAttribute('aria-label', `${this.replay.environment}, step ${here} of ${this.episode.length}, return ${figure(this.episode.totals[here])}`);
  }

  /** Where the cursor stands on the strips: steps of the longest episode shown, least and greatest return over all, and of each trace by name. */
  scale(duration, low, high, traces) {
    if (!this.episode) return;
    this.scaled = { duration, low, high };
    const { totals } = this.episode;
    draw(this.#line, totals, 0, duration, low, high);
    for (const trace of this.#traces) {
      const [least, greatest] = traces.get(trace.name);
      draw(trace.line, trace.values, 1, duration, least, greatest);
      trace.range.textContent = `from ${figure(least)} to ${figure(greatest)}`;
    }
  }

  /** Numbers that the learner itself has for the steps of the episode shown: name and values. */
  get traces() {
    return this.#traces;
  }

  cursor(step) {
    const x = WIDE * Math.min(step, this.episode?.length ?? 0) / Math.max(1, this.scaled?.duration ?? 1);
    for (const cursor of this.element.querySelectorAll('.replay-strip line'))
      for (const [name, value] of [['x1', x], ['x2', x], ['y1', 0], ['y2', HIGH]]) cursor.setAttribute(name, String(value));
  }

  /** Where on the strip a pointer is, as a step; null outside of it. */
  stepUnder(event) {
    const box = this.#strip.querySelector('svg').getBoundingClientRect();
    if (!event.target.closest('.replay-strip') || !this.scaled) return null;
    return Math.round(this.scaled.duration * Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)));
  }

  /** What the picture shows, for pictures that leave the page. */
  get caption() {
    return `after ${count(this.replay.step)} steps · return ${figure(this.episode.return)}`;
  }

  dispose() {
    this.#view.dispose();
    this.element.remove();
  }

  #wanted() {
    const { replays } = this;
    if (this.#chosen === null) return replays.at(-1);
    // The nearest, where that very step has none.
    return replays.reduce((best, one) => Math.abs(one.step - this.#chosen) < Math.abs(best.step - this.#chosen) ? one : best, replays[0]);
  }

  async #choose(step) {
    this.#chosen = step;
    await this.#show(this.#wanted(), 0);
    this.#changed();
  }

  async #show(entry, episode) {
    this.#steps.value = String(entry.step);
    this.#steps.disabled = this.#episodes.disabled = true;
    const pending = load(entry);
    try {
      const replay = await pending;
      if (!this.replays.includes(entry)) return;
      this.replay = replay;
      this.#episodes.replaceChildren(...replay.episodes.map((one, index) => new Option(`${index + 1}, return ${figure(one.return)}`, String(index))));
      this.#episodes.parentElement.hidden = replay.episodes.length < 2;
      this.#take(Math.min(episode, replay.episodes.length - 1), false);
    } catch (error) {
      this.#say(error.message);
    } finally {
      this.#steps.disabled = this.#episodes.disabled = false;
    }
  }

  #take(index, tell = true) {
    this.episode = this.replay.episodes[index];
    this.episodeIndex = index;
    this.#episodes.value = String(index);
    this.#note.hidden = true;
    this.#strip.hidden = this.#facts.hidden = false;
    this.#frame = -1;
    this.#trace();
    const { returns } = this.replay;
    const mean = returns.length > 1 ? ` Mean return of ${returns.length} episodes ${figure(returns.reduce((sum, one) => sum + one, 0) / returns.length)}.` : '';
    const thinned = this.episode.frameEvery > 1 ? ` Every ${ordinal(this.episode.frameEvery)} frame was kept.` : '';
    this.#whole.textContent = `Return ${figure(this.episode.return)} in ${count(this.episode.length)} ${this.episode.length === 1 ? 'step' : 'steps'}; ${ENDS[this.episode.ended]}.${mean}${thinned}`;
    if (tell) this.#changed();
  }

  // A strip for each, under that of the return.
  #trace() {
    for (const { element } of this.#traces) element.remove();
    this.#traces = (this.replay.traces ?? []).map(({ name, meaning }, index) => {
      const element = make('div', 'replay-trace');
      const holder = make('div', 'replay-strip');
      const line = strip(holder);
      const facts = make('p', 'small muted replay-told');
      const [of, now, range] = [make('span', ''), make('b', 'number'), make('span', '')];
      of.append(`${name} of this step `, now);
      of.title = meaning;
      facts.append(of, range);
      element.append(holder, facts);
      this.#foot.append(element);
      return { name, values: this.episode.traces[index], element, line, now, range };
    });
  }

  #fillSteps() {
    this.#steps.replaceChildren(...this.replays.map(one =>
      new Option(`${count(one.step)} steps${one.mean === null ? '' : `, mean return ${figure(one.mean)}`}`, String(one.step))).reverse());
  }

  #say(text) {
    this.replay = this.episode = null;
    this.#frame = -1;
    this.#note.textContent = text;
    this.#note.hidden = false;
    this.#strip.hidden = this.#facts.hidden = true;
    this.#steps.replaceChildren();
    this.#episodes.parentElement.hidden = true;
  }
}

// An empty picture of a line over the steps, with a mark at zero and a cursor.
function strip(parent) {
  const holder = document.createElement('div');
  holder.innerHTML = `<svg viewBox="0 0 ${WIDE} ${HIGH}" preserveAspectRatio="none" aria-hidden="true"><path class="zero"/><polyline/><line/></svg>`;
  const picture = holder.firstChild;
  parent.append(picture);
  return picture;
}

// Where there are more values than places, the least and the greatest of each place.
function draw(picture, values, first, duration, low, high) {
  const room = high - low || 1;
  const x = step => WIDE * step / Math.max(1, duration);
  const y = value => HIGH - 4 - (HIGH - 8) * (value - low) / room;
  const every = Math.max(1, Math.floor(values.length / WIDE));
  const points = [];
  const put = index => points.push(`${x(index + first).toFixed(1)},${y(values[index] ?? 0).toFixed(1)}`);
  for (let start = 0; start < values.length; start += every) {
    const end = Math.min(start + every, values.length);
    let [least, greatest] = [start, start];
    for (let index = start; index < end; index++) {
      if (values[index] < values[least]) least = index;
      if (values[index] > values[greatest]) greatest = index;
    }
    put(Math.min(least, greatest));
    if (least !== greatest) put(Math.max(least, greatest));
  }
  picture.querySelector('polyline').setAttribute('points', points.join(' '));
  picture.querySelector('.zero').setAttribute('d', low < 0 && high > 0 ? `M0 ${y(0)}H${WIDE}` : '');
}

function labelled(text, field, number) {
  const whole = make('div', 'replay-field');
  const label = make('label', 'small muted');
  label.textContent = text;
  label.htmlFor = field.id = `replay-${text.replace(' ', '-').toLowerCase()}-${number}`;
  whole.append(label, field);
  return whole;
}

const ordinal = number => number === 2 ? 'second' : `${number}th`;

export function make(name, classes) {
  const element = document.createElement(name);
  element.className = classes;
  return element;
}
