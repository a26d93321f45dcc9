// Goals that are places: fields and a click on the map say where, a line shows the way taken, a sentence how far it still is.
//
//   const pad = new GoalPad(stage, view, place => …);   place: { x, y }, or null for the episodes' own goals
//   pad.element                                         fields and buttons, to be put on the page
//   pad.plane = spec.goalPlane;                         null hides it
//   view.show(pad.drawn(frame));                        the frame's scene with the way taken so far
import { announce } from './copy.js';
import { figure } from './curves.js';

const STILL = 5; // pixels that a press may move and still be a click
const DRAWN_BESIDE = 400; // points of a path that are drawn

export class GoalPad {
  element = document.createElement('form');
  #stage;
  #view;
  #chosen;
  #plane = null;
  #fields;
  #own;
  #told;
  #goal = null;
  #refused = null;
  #path = [];
  #last = [];
  #step = -1;
  #reached = false;
  #places = null;
  #pressed = null;
  #listening = new AbortController();

  constructor(stage, view, chosen) {
    [this.#stage, this.#view, this.#chosen] = [stage, view, chosen];
    this.element.className = 'play-goal';
    this.element.noValidate = true;
    this.element.setAttribute('aria-label', 'Goal');
    this.#fields = ['x', 'y'].map(axis => {
      const label = Object.assign(document.createElement('label'), { textContent: `${axis} ` });
      const input = Object.assign(document.createElement('input'), { className: 'input number', type: 'text', inputMode: 'decimal', autocomplete: 'off' });
      input.setAttribute('aria-label', `Goal ${axis}`);
      input.addEventListener('input', () => this.#refuse(null));
      label.append(input);
      return { axis, label, input };
    });
    const go = Object.assign(document.createElement('button'), { type: 'submit', className: 'button', textContent: 'Go there' });
    this.#own = Object.assign(document.createElement('button'), { type: 'button', className: 'button', textContent: 'Drop the goal', title: 'Episodes have goals of their own again' });
    this.#own.addEventListener('click', () => this.#choose(null));
    this.#told = Object.assign(document.createElement('p'), { className: 'play-goal-told number' });
    this.element.append(Object.assign(document.createElement('b'), { textContent: 'Goal' }), ...this.#fields.map(field => field.label), go, this.#own, this.#told);
    this.element.addEventListener('submit', event => {
      event.preventDefault();
      this.#submit();
    });
    const { signal } = this.#listening;
    stage.addEventListener('pointerdown', event => { this.#pressed = event.button === 0 ? [event.clientX, event.clientY] : null; }, { signal });
    stage.addEventListener('pointerup', event => this.#click(event), { signal });
    this.plane = null;
  }

  set plane(plane) {
    this.#plane = plane ?? null;
    this.element.hidden = !plane;
    this.#stage.classList.toggle('aims', Boolean(plane));
    if (!plane) return;
    this.#fields[1].label.hidden = plane.top === plane.bottom;
    const [x, y] = this.#fields;
    x.input.title = `${figure(plane.left)} to ${figure(plane.right)}${plane.unit ? ` ${plane.unit}` : ''}`;
    y.input.title = `${figure(plane.bottom)} to ${figure(plane.top)}${plane.unit ? ` ${plane.unit}` : ''}`;
    this.#show();
  }

  /** The goal that was set; null where episodes have their own. */
  get goal() { return this.#goal; }

  set goal(goal) {
    this.#goal = goal;
    this.#show();
  }

  /** Forgets the ways taken. */
  clear() {
    [this.#path, this.#last, this.#step, this.#reached, this.#places] = [[], [], -1, false, null];
  }

  /** The lab cannot want that place. */
  refuse(goal, message) {
    this.#goal = goal;
    this.#refuse(message);
  }

  /** The scene of a frame, with the way taken. */
  drawn(frame) {
    const { scene, places } = frame;
    if (!places || !this.#plane) return scene;
    if (frame.step < this.#step || (frame.step === 0 && this.#step > 0)) {
      this.#last = this.#path;
      this.#path = [];
    }
    if (frame.step !== this.#step || !this.#path.length) this.#path.push([places.x, places.y]);
    this.#step = frame.step;
    const moved = this.#places && (this.#places.wantedX !== places.wantedX || this.#places.wantedY !== places.wantedY);
    if (places.reached && (!this.#reached || moved) && this.#goal) announce('Goal reached');
    this.#reached = places.reached;
    this.#places = places;
    this.#show();
    return scene && this.#traced(scene);
  }

  dispose() {
    this.#listening.abort();
  }

  #traced(scene) {
    if (scene.poses) return { ...scene, trail: this.#path };
    const width = Math.max(scene.width ?? this.#view.scene?.width ?? 1, scene.height ?? this.#view.scene?.height ?? 1) / 160;
    const line = (path, opacity) => ({
      kind: 'line', tone: 'trail', thickness: width, opacity,
      points: thinned(path).flatMap(([x, y]) => [this.#places.originX + this.#plane.scale * x, this.#places.originY + this.#plane.scale * y]),
    });
    const lines = [line(this.#last, 0.3), line(this.#path, 1)].filter(each => each.points.length > 2);
    // Under what moves, over the ground.
    return { ...scene, shapes: [...scene.shapes.slice(0, -1), ...lines, ...scene.shapes.slice(-1)] };
  }

  #click(event) {
    const from = this.#pressed;
    this.#pressed = null;
    if (!this.#plane || !this.#places || !from || Math.hypot(event.clientX - from[0], event.clientY - from[1]) > STILL) return;
    const at = this.#view.placeAt(event.clientX, event.clientY);
    if (!at) return;
    const { left, right, bottom, top, scale } = this.#plane;
    const within = (value, low, high) => Math.round(Math.min(high, Math.max(low, value)) * 1000) / 1000;
    this.#choose({ x: within((at.x - this.#places.originX) / scale, left, right), y: within((at.y - this.#places.originY) / scale, bottom, top) });
  }

  #submit() {
    const line = this.#plane.top === this.#plane.bottom;
    const [x, y] = this.#fields.map(({ input }) => (input.value.trim() ? Number(input.value.trim().replace('−', '-').replace(',', '.')) : NaN));
    const wrong = [];
    const check = (axis, value, low, high) => {
      if (!Number.isFinite(value)) wrong.push(`${axis} has to be a number.`);
      else if (value < low || value > high) wrong.push(`${axis} has to be from ${figure(low)} to ${figure(high)}.`);
    };
    check('x', x, this.#plane.left, this.#plane.right);
    if (!line) check('y', y, this.#plane.bottom, this.#plane.top);
    if (wrong.length) return this.#refuse(wrong.join(' '));
    this.#choose({ x, y: line ? this.#plane.bottom : y });
  }

  #choose(goal) {
    this.#refused = null;
    const before = this.#goal;
    this.#goal = goal;
    for (const { axis, input } of this.#fields) input.value = goal ? figure(goal[axis]) : '';
    this.#show();
    announce(goal ? `Goal set to ${this.#named(goal)}` : 'Episodes have their own goals again, from the next on');
    this.#chosen(goal, before);
  }

  #refuse(message) {
    this.#refused = message;
    if (message) announce(message);
    this.#show();
  }

  #named({ x, y }) {
    return this.#plane.top === this.#plane.bottom ? figure(x) : `(${figure(x)}, ${figure(y)})`;
  }

  #show() {
    if (!this.#plane) return;
    for (const { axis, input } of this.#fields)
      if (document.activeElement !== input && this.#goal && !this.#refused) input.value = figure(this.#goal[axis]);
    this.#own.hidden = !this.#goal;
    this.#told.classList.toggle('fault', Boolean(this.#refused));
    const places = this.#places;
    const unit = this.#plane.unit ? ` ${this.#plane.unit}` : '';
    const two = value => figure(Math.round(value * 100) / 100);
    const text = this.#refused ?? (!places ? '' : places.reached
      ? `There: ${two(places.distance)}${unit} from ${this.#named({ x: Number(places.wantedX.toFixed(2)), y: Number(places.wantedY.toFixed(2)) })}`
      : `${two(places.distance)}${unit} from ${this.#named({ x: Number(places.wantedX.toFixed(2)), y: Number(places.wantedY.toFixed(2)) })}`);
    if (this.#told.textContent !== text) this.#told.textContent = text;
  }
}

// A long way is drawn with fewer points, its end with all.
function thinned(path) {
  const every = Math.ceil(path.length / DRAWN_BESIDE);
  return path.filter((_, index) => index % every === 0 || index === path.length - 1);
}
