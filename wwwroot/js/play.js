// <lab-play environment name seed mode parameters> plays an environment: at random, or by hand. <lab-play run name seed mode goal limit live> plays that
// of a run, by what the run has learned: a held key takes over, and where goals are places a click says where to go. The world runs in a process of the lab, which
// steps when it is asked to and sends scenes back over a WebSocket; this side keeps the time.
import { count, figure } from './curves.js';
import { GoalPad } from './goals.js';
import { still } from './picture.js';
import { SceneView } from './scene.js';
import { unwatch, watch } from './visible.js';

const USUAL_SPEED = 6; // steps a second where a step has no duration
const SPEEDS = [0.5, 1, 2, 4];
const PAUSE_AT_END = 1400; // milliseconds that the last picture of an episode stays
const PAUSE_BY_HAND = 500; // a key still held from the last episode does not begin the next
const MOST = 240; // steps of one request

const KEY_NAMES = { ArrowLeft: '←', ArrowRight: '→', ArrowUp: '↑', ArrowDown: '↓', ' ': 'Space' };
const ICONS = {
  play: "<path d='M5 3.2v9.6l7.5-4.8z'/>",
  pause: "<path d='M5.5 3.5v9M10.5 3.5v9'/>",
  step: "<path d='M3.5 3.2v9.6L10 8zM12.5 3.5v9'/>",
  reset: "<path d='M3 8a5 5 0 1 0 1.6-3.7M3 2.5v2.8h2.8'/>",
};

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

class Play extends HTMLElement {
  static observedAttributes = ['seed', 'mode', 'parameters', 'limit'];
  #parts = null;
  #view = null;
  #socket = null;
  #opening = null;
  #stepOnce = false;
  #said = null;
  #spec = null;
  #waiting = 0;
  #frames = [];
  #frame = null;
  #episode = 0;
  #playing = false;
  #over = 0;
  #speed = 1;
  #owed = 0;
  #clock = 0;
  #loop = 0;
  #onScreen = false;
  #began = false;
  #held = [];
  #tapped = null;
  #lastAction = null;
  #restarting = false;
  #pad = null;
  #traces = [];
  #goalBefore = null;

  connectedCallback() {
    // The page is rendered twice; the first rendering never comes to life.
    if (!this.closest('[data-interactive]')) return;
    if (!this.#parts) this.#build();
    watch(this);
  }

  disconnectedCallback() {
    unwatch(this);
    this.#onScreen = false;
    this.#stop();
    this.#hangUp();
    this.#pad?.dispose();
    this.#pad = null;
    this.#view?.dispose();
    this.#view = null;
    this.#parts = null;
    this.#began = false;
    this.replaceChildren();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.#parts) return;
    this.#parts.seed.value = this.#seed;
    if (name === 'mode' && this.#trained) {
      // The same episode goes on in other hands.
      this.#showMode();
      this.#say(null);
      this.#run();
      return;
    }
    // Several attributes change in one render: they make one restart.
    if (this.#restarting) return;
    this.#restarting = true;
    queueMicrotask(() => {
      this.#restarting = false;
      if (!this.#parts) return;
      this.#showMode();
      this.#say(null);
      if (!this.#began) return;
      this.#playing = !this.#byHand && !calm();
      this.#restart();
    });
  }

  seen(onScreen) {
    this.#onScreen = onScreen;
    if (!onScreen) return this.#stop();
    if (!this.#began) this.#begin();
    else this.#run();
  }

  get #seed() { return Math.max(0, Math.round(Number(this.getAttribute('seed')) || 0)); }
  get #trained() { return this.getAttribute('run'); }
  // A held key takes over from the policy.
  get #taken() { return Boolean(this.#trained) && (this.#held.length > 0 || this.#tapped !== null); }
  get #byHand() { return this.getAttribute('mode') === 'keyboard'; }
  get #rate() { return this.#speed * (this.#spec?.secondsPerStep ? 1 / this.#spec.secondsPerStep : USUAL_SPEED); }

  // Life of a session

  async #begin() {
    this.#began = true;
    const address = `api/v1/environments/${this.getAttribute('environment')}`;
    if (!this.#trained && this.#seed === 1 && !this.hasAttribute('parameters')) {
      // The picture is there before the process is.
      still(`${address}/picture`).then(scene => { if (!this.#frame) this.#view?.show(scene); }).catch(() => {});
    }
    this.#playing = !this.#byHand && !calm();
    this.#restart(false);
  }

  #connect() {
    const path = this.#trained ? `api/v1/runs/${this.#trained}/policy/play` : `api/v1/environments/${this.getAttribute('environment')}/play`;
    const address = new URL(path, document.baseURI);
    address.protocol = address.protocol.replace('http', 'ws');
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#waiting = 0;
    socket.onmessage = event => { if (socket === this.#socket) this.#receive(JSON.parse(event.data)); };
    this.#opening = new Promise(resolve => {
      socket.onopen = () => resolve(true);
      socket.onclose = () => {
        resolve(false);
        if (socket !== this.#socket) return;
        this.#socket = null;
        // One that fell asleep begins anew when somebody comes back; one that never answered says so.
        if (!this.#frame) this.#fail('The lab did not answer. Is it still running?');
      };
    });
  }

  #hangUp() {
    const socket = this.#socket;
    this.#socket = null;
    this.#frames = [];
    this.#waiting = 0;
    socket?.close();
  }

  /** Starts anew with the seed and the parameters that the attributes say. */
  async #restart(reset = true) {
    this.#frames = [];
    this.#frame = null;
    this.#over = 0;
    this.#owed = 0;
    this.#episode = 1;
    this.#held = [];
    this.#tapped = null;
    this.#stepOnce = false;
    if (reset && this.#byHand) this.#playing = false;
    this.#show();
    if (!this.#socket) this.#connect();
    if (!(await this.#opening)) return;
    this.#send(this.#trained
      ? { do: 'start', seed: this.#seed, withoutTimeLimit: this.getAttribute('limit') === 'off', goal: this.#pad.goal ?? undefined }
      : { do: 'start', seed: this.#seed, environmentParameters: JSON.parse(this.getAttribute('parameters') || '{}') });
    this.#run();
  }

  #send(command) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#waiting++;
    this.#socket.send(JSON.stringify(command));
    return true;
  }

  #receive(answer) {
    this.#waiting = Math.max(0, this.#waiting - 1);
    if (answer.kind === 'started') {
      this.#frames = [];
      this.#frame = null;
      this.#spec = answer.spec;
      if (this.#trained) this.#learned(answer);
      this.#legend();
      this.#say(null);
      this.#put(answer.frames[0]);
    } else if (answer.kind === 'frames') {
      if (answer.frames[0]?.step === 0) {
        this.#frames = [];
        this.#over = 0;
        this.#put(answer.frames[0]);
      } else if (this.#frame) this.#frames.push(...answer.frames);
      if (this.#byHand || this.#taken) while (this.#frames.length) this.#put(this.#frames.shift());
      else if (this.#stepOnce && this.#frames.length) this.#put(this.#frames.shift());
      this.#stepOnce = false;
    } else if (answer.kind === 'problems' && this.#refusedGoal(answer.problems)) {
      if (!this.#frame) this.#restart(false);
    } else if (answer.kind === 'problems') {
      this.#fail(Object.values(answer.problems).flat().join(' '));
    } else if (answer.kind === 'ended' && answer.reason === 'idle') {
      // A preview goes on when somebody looks again; a game is not begun anew without its player.
      if (this.#byHand) this.#playing = false;
    } else if (answer.kind === 'ended') {
      this.#fail(answer.message);
      this.#hangUp();
    }
    this.#run();
  }

  #fail(message) {
    this.#playing = false;
    this.#say(message, true);
    this.#show();
  }

  // Time

  #run() {
    if (this.#loop || !this.#onScreen || !this.#playing) return this.#show();
    this.#clock = performance.now();
    this.#loop = requestAnimationFrame(now => this.#tick(now));
    this.#show();
  }

  #stop() {
    cancelAnimationFrame(this.#loop);
    this.#loop = 0;
  }

  #tick(now) {
    this.#loop = 0;
    const passed = Math.min(0.25, Math.max(0, now - this.#clock) / 1000);
    this.#clock = now;
    if (!this.#socket && this.#frame) {
      // It fell asleep while nobody looked.
      this.#restart(false);
      return;
    }
    if (this.#frame) {
      if (this.#over) this.#afterEnd(now);
      else if (this.#byHand || this.#taken) this.#drive(passed);
      else this.#watch(passed, now);
    }
    if (this.#playing && this.#onScreen) this.#loop = requestAnimationFrame(next => this.#tick(next));
  }

  #afterEnd(now) {
    if (this.#byHand || now - this.#over < PAUSE_AT_END || this.#waiting) return;
    this.#next();
  }

  #next() {
    this.#episode++;
    this.#frames = [];
    this.#owed = 0;
    this.#say(null);
    this.#send({ do: 'reset' });
  }

  // At random: half a second of steps is asked for at a time, and shown at its pace.
  #watch(passed) {
    this.#owed += passed * this.#rate;
    // A policy is soon told where else to go, or taken over from: little is asked for ahead.
    const ahead = Math.min(MOST, Math.max(1, Math.ceil(this.#rate / (this.#trained ? 6 : 2))));
    while (this.#owed >= 1 && this.#frames.length && !this.#over) {
      this.#owed--;
      this.#put(this.#frames.shift());
    }
    if (!this.#frames.length) this.#owed = Math.min(this.#owed, 1);
    const last = this.#frames.at(-1) ?? this.#frame;
    if (this.#frames.length < ahead / 2 && !this.#waiting && !ended(last)) this.#send({ do: 'step', count: ahead });
  }

  // By hand: one step at a time, with what is held; a world that waits is stepped by a key only.
  #drive(passed) {
    this.#owed = Math.min(1, this.#owed + passed * this.#rate);
    while (this.#frames.length && !this.#over) this.#put(this.#frames.shift());
    if (this.#over) return;
    if (this.#waiting || (this.#owed < 1 && !this.#tapped)) return;
    const action = this.#wanted();
    if (!action) return;
    this.#owed = 0;
    this.#tapped = null;
    this.#send({ do: 'step', action });
  }

  #put(frame) {
    this.#frame = frame;
    if (frame.action) this.#lastAction = frame.action;
    else this.#lastAction = null;
    const scene = this.#pad ? this.#pad.drawn(frame) : frame.scene;
    if (scene) this.#view?.show(scene);
    else if (frame.step === 0) this.#say('This environment has no picture.');
    if (ended(frame)) {
      this.#over = performance.now();
      this.#say(`${frame.terminated ? 'Ended' : 'Time limit'} after ${figure(frame.step)} ${frame.step === 1 ? 'step' : 'steps'}, return ${figure(frame.return)}`);
      if (this.#byHand) this.#playing = false;
    }
    this.#show();
  }

  // What people do

  #toggle() {
    if (this.#playing) {
      this.#playing = false;
      this.#stop();
      this.#show();
      return;
    }
    this.#resume();
  }

  #resume() {
    this.#playing = true;
    this.#owed = 0;
    if (!this.#socket) {
      this.#restart(false);
      return;
    }
    if (!this.#frame) this.#restart(false);
    else if (this.#over) this.#next();
    this.#say(null);
    if (this.#byHand) this.#parts.stage.focus({ preventScroll: true });
    this.#run();
  }

  async #single() {
    this.#playing = false;
    this.#stop();
    this.#show();
    if (!this.#socket) return this.#restart(false);
    if (this.#over && !this.#waiting) return this.#next();
    this.#say(null);
    if (this.#frames.length) return this.#put(this.#frames.shift());
    this.#stepOnce = !this.#byHand;
    if (!this.#waiting) this.#send({ do: 'step', action: this.#byHand ? this.#wanted() : null });
  }

  #reset() {
    this.#say(null);
    // What a live run has learned since is in another process's hands.
    if (this.#trained && this.hasAttribute('live')) this.#hangUp();
    this.#pad?.clear();
    if (!this.#socket) return void this.#restart();
    this.#frames = [];
    this.#over = 0;
    this.#owed = 0;
    this.#episode = 1;
    if (this.#byHand) this.#playing = false;
    this.#frame = null;
    this.#send({ do: 'reset', seed: this.#seed });
    this.#run();
  }

  #press(name, action) {
    if (!this.#held.some(one => one.name === name)) this.#held.push({ name, action });
    this.#tapped = action;
    if (this.#over && performance.now() - this.#over < PAUSE_BY_HAND) {
      this.#tapped = null;
      return;
    }
    if (!this.#playing) {
      const fresh = Boolean(this.#over);
      this.#resume();
      if (fresh) this.#tapped = null;
    }
    this.#lightKeys();
  }

  #release(name) {
    this.#held = this.#held.filter(one => one.name !== name);
    this.#lightKeys();
  }

  #key(event, down) {
    if (!(this.#byHand || this.#trained) || !this.#spec || event.ctrlKey || event.metaKey || event.altKey || event.target !== this.#parts.stage) return;
    const binding = this.#bindings().find(one => one.key === event.key || (one.key.length === 1 && one.key === event.key.toLowerCase()));
    if (!binding) return;
    event.preventDefault();
    event.stopPropagation();
    if (!down) this.#release(binding.key);
    else if (!event.repeat) this.#press(binding.key, binding.action);
  }

  // The environment's own keys; without any, discrete actions have buttons and the digits.
  #bindings() {
    const { keyboard, action } = this.#spec;
    if (keyboard) return keyboard.keys;
    if (action.kind !== 'discrete') return [];
    return Array.from({ length: action.count }, (_, index) =>
      ({ key: index < 10 ? String(index) : '', action: [index], name: action.names[index] ?? `Action ${index}` }));
  }

  // The first binding whose key is held counts; forces on several joints add up. A key too quickly let go still counts once.
  #wanted() {
    if (this.#tapped && !this.#held.length) return this.#tapped;
    const idle = this.#spec?.keyboard?.idle ?? null;
    if (!this.#held.length) return this.#sliders() ?? idle;
    if (idle && this.#spec.action.kind === 'box')
      return idle.map((rest, axis) => clamp(this.#held.reduce((sum, one) => sum + one.action[axis] - rest, rest), this.#spec.action.low[axis], this.#spec.action.high[axis]));
    return this.#bindings().find(one => this.#held.some(other => other.action === one.action))?.action ?? this.#held.at(-1).action;
  }

  #sliders() {
    if (this.#spec?.keyboard || this.#spec?.action.kind !== 'box') return null;
    return [...this.#parts.keys.querySelectorAll('input[type="range"]')].map(slider => Number(slider.value));
  }

  // Looks

  #build() {
    const stage = make('div', { className: 'stage', tabIndex: -1 });
    const message = make('p', { className: 'stage-note' });
    const toggle = button('play', 'Play', () => this.#toggle());
    toggle.classList.add('primary');
    const step = button('step', 'Step', () => this.#single());
    const reset = button('reset', 'Reset', () => this.#reset());
    const seed = make('input', { className: 'input short number', type: 'text', inputMode: 'numeric', value: String(this.#seed), autocomplete: 'off' });
    seed.id = 'play-seed';
    seed.addEventListener('change', () => {
      const wanted = Number(seed.value.trim());
      if (Number.isInteger(wanted) && wanted >= 0 && wanted <= 2147483647 && seed.value.trim()) look({ seed: wanted === 1 ? null : wanted });
      else seed.value = String(this.#seed);
    });
    const seedLabel = make('label', { className: 'play-seed', textContent: 'Seed ' });
    seedLabel.append(seed);
    const speed = make('select', { className: 'input play-speed' });
    speed.setAttribute('aria-label', 'Speed');
    speed.append(...SPEEDS.map(times => new Option(`${times}×`, times, times === 1, times === 1)));
    speed.addEventListener('change', () => { this.#speed = Number(speed.value); });
    const modes = segments('Who plays', [
      { text: this.#trained ? 'Policy' : 'Random', pick: () => look({ mode: null }), on: () => !this.#byHand },
      { text: 'Keyboard', pick: () => look({ mode: 'keyboard' }), on: () => this.#byHand },
    ]);
    const controls = make('div', { className: 'play-controls' });
    controls.append(toggle, step, reset, modes, speed);
    if (this.#trained) controls.append(this.#endless());
    controls.append(seedLabel);
    const counters = make('dl', { className: 'play-counters' });
    const counter = (name, word) => {
      const value = make('dd', { textContent: '–' });
      value.dataset.counter = name;
      const group = make('div', {});
      group.append(make('dt', { textContent: word }), value);
      counters.append(group);
      return value;
    };
    const counts = { step: counter('step', 'Step'), return: counter('return', 'Return'), reward: counter('reward', 'Reward'), action: counter('action', 'Action'), episode: counter('episode', 'Episode') };
    const keys = make('div', { className: 'play-keys', hidden: true });
    const details = make('details', { className: 'fold play-values' });
    details.innerHTML = "<summary><svg class='icon' viewBox='0 0 16 16' aria-hidden='true'><path d='M6 4l4 4-4 4'/></svg>Observation <span class='muted small'></span></summary><p class='number'></p>";
    details.addEventListener('toggle', () => this.#show());
    const frame = make('div', { className: 'stage-frame' });
    frame.append(stage, message);
    this.#parts = { stage, frame, message, toggle, step, reset, seed, modes, counts, keys, details };
    this.replaceChildren(frame, controls, counters, keys, details);
    this.#view = new SceneView(stage);
    if (this.#trained) this.#buildLearned(controls, counters);
    stage.addEventListener('keydown', event => this.#key(event, true));
    stage.addEventListener('keyup', event => this.#key(event, false));
    // Taking hold of a picture in three dimensions turns it; a click gives it the keys.
    stage.addEventListener('blur', () => { this.#held = []; this.#lightKeys(); });
    stage.addEventListener('pointerdown', () => { if (this.#byHand || this.#trained) stage.focus({ preventScroll: true }); });
    this.#showMode();
    this.#show();
  }

  #showMode() {
    const { stage, message, keys } = this.#parts;
    const name = this.getAttribute('name') ?? 'Environment';
    const keyed = this.#byHand || Boolean(this.#trained && this.#spec?.keyboard);
    stage.tabIndex = keyed ? 0 : -1;
    stage.setAttribute('role', keyed ? 'application' : 'img');
    stage.setAttribute('aria-label', this.#byHand ? `${name}: play with the keys listed below`
      : this.#trained ? `${name}, moving picture: the policy plays${keyed ? '; the keys listed below take over' : ''}` : `${name}, moving picture: random actions`);
    // At random episodes end every few seconds: nobody wants to hear of each.
    message.setAttribute('role', this.#byHand ? 'status' : 'note');
    keys.hidden = !keyed;
  }

  // A policy in place of chance

  #endless() {
    const label = make('label', { className: 'check' });
    const box = make('input', { type: 'checkbox', checked: this.getAttribute('limit') === 'off' });
    box.addEventListener('change', () => look({ limit: box.checked ? 'off' : null }));
    label.append(box, 'No time limit');
    label.title = 'Episodes go on past the time limit that the run was trained with';
    return label;
  }

  #buildLearned(controls, counters) {
    const told = make('p', { className: 'muted small play-told' });
    const traces = make('dl', { className: 'play-counters play-traces', hidden: true });
    this.#pad = new GoalPad(this.#parts.stage, this.#view, (goal, before) => this.#go(goal, before));
    const [x, y] = (this.getAttribute('goal') ?? '').split(',').map(part => (part.trim() ? Number(part) : NaN));
    if (Number.isFinite(x) && Number.isFinite(y)) this.#pad.goal = { x, y };
    Object.assign(this.#parts, { told, traces });
    controls.before(this.#pad.element);
    counters.after(traces, told);
  }

  #learned(answer) {
    const { told, traces } = this.#parts;
    this.#pad.clear();
    this.#pad.plane = this.#spec.goalPlane;
    told.textContent = `Most likely actions of the policy after ${count(answer.trainedSteps)} steps of training.`
      + (this.#spec.goalPlane?.meaning ? ` Click the map, or type a place: ${this.#spec.goalPlane.meaning[0].toLowerCase()}${this.#spec.goalPlane.meaning.slice(1)}. It holds for later episodes too.`
        : this.#spec.goalPlane ? ' Click the map, or type a place, to send it there; the goal stays for later episodes.'
          : this.#spec.whyNoGoalPlane ? ` It cannot be sent anywhere. ${this.#spec.whyNoGoalPlane}` : '')
      + (this.#spec.keyboard ? ' Hold a key to take over while the picture has the focus.' : '');
    this.#traces = answer.traces.map(trace => {
      const value = make('dd', { textContent: '–' });
      const group = make('div', { title: trace.meaning });
      group.append(make('dt', { textContent: trace.name }), value);
      return { group, value };
    });
    traces.replaceChildren(...this.#traces.map(trace => trace.group));
    traces.hidden = !this.#traces.length;
    this.#showMode();
  }

  #showTraces(frame) {
    this.#traces.forEach(({ value }, index) => text(value, frame?.traces ? figure(rounded(frame.traces[index])) : '–'));
  }

  #go(goal, before) {
    this.#goalBefore = before;
    look({ goal: goal && `${goal.x},${goal.y}` });
    this.#say(null);
    if (!this.#socket) {
      this.#playing = !this.#byHand;
      return this.#restart(false);
    }
    if (this.#over && goal) this.#episode++;
    this.#send(goal ? { do: 'goal', goal } : { do: 'goal' });
    if (this.#byHand || !goal) return;
    this.#playing = true;
    this.#run();
  }

  /** Whether what is wrong is the goal: the one before it stays, and all else goes on. */
  #refusedGoal(problems) {
    if (!this.#pad || !Object.keys(problems).length || !Object.keys(problems).every(place => place.startsWith('/goal'))) return false;
    // One in the address that cannot be has none before it.
    const kept = this.#frame ? this.#goalBefore : null;
    this.#pad.refuse(kept, Object.values(problems).flat().join(' '));
    look({ goal: kept && `${kept.x},${kept.y}` });
    return true;
  }

  #legend() {
    const { keys } = this.#parts;
    const box = this.#spec.action.kind === 'box' && !this.#spec.keyboard;
    const wanted = JSON.stringify([this.#spec.keyboard, this.#spec.action]);
    if (keys.dataset.of === wanted) return;
    keys.dataset.of = wanted;
    if (box) return keys.replaceChildren(...this.#spec.action.low.map((low, index) => slider(index, low, this.#spec.action.high[index])));
    keys.replaceChildren(...this.#bindings().map(binding => {
      const press = make('button', { type: 'button', className: 'button small play-key' });
      press.dataset.key = binding.key;
      if (binding.key) press.append(make('kbd', { textContent: KEY_NAMES[binding.key] ?? binding.key.toUpperCase() }));
      press.append(binding.name);
      press.addEventListener('pointerdown', () => this.#press(`button ${binding.name}`, binding.action));
      for (const end of ['pointerup', 'pointerleave', 'pointercancel']) press.addEventListener(end, () => this.#release(`button ${binding.name}`));
      // Enter and space on the button come as a click without a pointer.
      press.addEventListener('click', event => {
        if (event.detail !== 0) return;
        this.#press(`button ${binding.name}`, binding.action);
        this.#release(`button ${binding.name}`);
      });
      return press;
    }));
  }

  #lightKeys() {
    for (const key of this.#parts?.keys.querySelectorAll('.play-key') ?? [])
      key.classList.toggle('held', this.#held.some(one => one.name === key.dataset.key));
  }

  #say(text, fault = false) {
    if (!this.#parts) return;
    const { message } = this.#parts;
    this.#said = text;
    message.textContent = text ?? '';
    message.classList.toggle('fault', fault);
  }

  #show() {
    if (!this.#parts) return;
    const { toggle, counts, details, modes, message } = this.#parts;
    const face = this.#playing ? 'pause' : 'play';
    if (toggle.dataset.face !== face) {
      toggle.dataset.face = face;
      toggle.innerHTML = `${icon(face)}${this.#playing ? 'Pause' : 'Play'}`;
    }
    modes.refresh();
    const frame = this.#frame;
    if (!this.#said) text(message, this.#hint());
    this.dataset.state = !frame ? 'waiting' : this.#over ? 'over' : this.#playing ? 'playing' : 'paused';
    text(counts.step, frame ? figure(frame.step) : '–');
    text(counts.return, frame ? figure(rounded(frame.return)) : '–');
    text(counts.reward, frame?.reward === undefined ? '–' : figure(rounded(frame.reward)));
    text(counts.action, this.#lastAction ? this.#actionName(this.#lastAction) : '–');
    text(counts.episode, figure(this.#episode));
    this.#showTraces(frame);
    if (details.open && frame) {
      const size = this.#spec.observationShape.reduce((a, b) => a * b, 1);
      text(details.querySelector('.small'), size > frame.observation.length ? `first ${frame.observation.length} of ${size} values` : `${size} values`);
      text(details.querySelector('p'), frame.observation.map(value => figure(value)).join('  '));
    }
  }

  #hint() {
    if (!this.#frame) return this.#playing || !this.#spec ? 'Starting' : '';
    if (!this.#byHand && this.#trained) return !this.#playing ? 'Paused' : this.#taken ? 'You have taken over' : 'The policy plays';
    if (!this.#byHand) return this.#playing ? 'Random actions' : 'Paused';
    if (this.#playing) return this.#spec.keyboard || this.#spec.action.kind === 'discrete' ? 'You play: keys act while the picture has the focus' : 'You play: the sliders act';
    return this.#spec.action.kind === 'box' && !this.#spec.keyboard ? 'Press Play, then move the sliders' : 'Press Play, or one of the keys below';
  }

  #actionName(action) {
    const { action: space } = this.#spec;
    if (space.kind === 'discrete') return space.names[action[0]] ?? String(action[0]);
    return action.slice(0, 4).map(value => figure(Math.round(value * 100) / 100)).join(', ') + (action.length > 4 ? ' …' : '');
  }
}

const ended = frame => Boolean(frame?.terminated || frame?.truncated);
const clamp = (value, low, high) => Math.min(high ?? value, Math.max(low ?? value, value));
const rounded = value => Math.round(value * 1e4) / 1e4;
const icon = name => `<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${ICONS[name]}</svg>`;

function text(element, wanted) {
  if (element.textContent !== wanted) element.textContent = wanted;
}

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function button(name, word, pressed) {
  const element = make('button', { type: 'button', className: 'button', innerHTML: `${icon(name)}${word}` });
  element.addEventListener('click', pressed);
  return element;
}

function segments(label, choices) {
  const group = make('div', { className: 'segments' });
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', label);
  for (const choice of choices) {
    const element = make('button', { type: 'button', textContent: choice.text });
    element.addEventListener('click', choice.pick);
    group.append(element);
  }
  group.refresh = () => choices.forEach((choice, index) => group.children[index].setAttribute('aria-pressed', String(choice.on())));
  return group;
}

function slider(index, low, high) {
  const [from, to] = [low ?? -1, high ?? 1];
  const label = make('label', { className: 'play-slider' });
  const shown = make('output', { className: 'number', textContent: figure(Math.min(to, Math.max(from, 0))) });
  const range = make('input', { type: 'range', min: String(from), max: String(to), step: String((to - from) / 100) });
  range.value = String(Math.min(to, Math.max(from, 0)));
  range.addEventListener('input', () => { shown.textContent = figure(rounded(Number(range.value))); });
  // A double click lets go.
  range.addEventListener('dblclick', () => { range.value = '0'; shown.textContent = '0'; });
  label.append(`Action ${index + 1}`, range, shown);
  return label;
}

/** Changes the address: the page renders from it. */
function look(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  window.Blazor?.navigateTo(url.pathname + url.search, { replaceHistoryEntry: true });
}

customElements.define('lab-play', Play);
