// <lab-spark run metric live> draws the shape of one metric, without axes.
import { columns } from './columns.js';
import { figure } from './curves.js';
import { unwatch, watch } from './visible.js';

class Spark extends HTMLElement {
  static observedAttributes = ['run', 'metric'];
  #drawn = null;
  #beats = 0;
  #onScreen = false;

  connectedCallback() {
    this.setAttribute('role', 'img');
    if (!this.hasAttribute('aria-label')) this.setAttribute('aria-label', 'Curve that is being loaded');
    watch(this);
  }

  disconnectedCallback() {
    unwatch(this);
    this.#onScreen = false;
  }

  attributeChangedCallback() {
    this.#drawn = null;
    if (this.#onScreen) this.draw();
  }

  seen(onScreen) {
    this.#onScreen = onScreen;
    if (onScreen) this.draw();
  }

  beat() {
    if (this.hasAttribute('live') && ++this.#beats % 3 === 0) this.draw();
  }

  async draw() {
    const run = this.getAttribute('run');
    const metric = this.getAttribute('metric');
    if (!run || !metric) return;
    let data;
    try {
      data = await columns(run, metric, { points: 80 });
    } catch {
      return; // the next beat tries again; the last shape stays
    }
    if (data === this.#drawn && data !== null) return;
    this.#drawn = data;
    const points = data ? Array.from(data.x).map((x, i) => [x, data.value[i]]).filter(([, y]) => Number.isFinite(y)) : [];
    if (points.length < 2) {
      this.replaceChildren();
      this.setAttribute('aria-label', 'No curve yet');
      return;
    }
    const xs = points.map(point => point[0]);
    const ys = points.map(point => point[1]);
    const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const path = points
      .map(([x, y]) => `${(((x - left) / (right - left || 1)) * 100).toFixed(2)},${(38 - ((y - low) / (high - low || 1)) * 36).toFixed(2)}`)
      .join(' ');
    this.innerHTML = `<svg viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true"><polyline points="${path}"/></svg>`;
    this.setAttribute('aria-label', `From ${figure(ys[0])} to ${figure(ys.at(-1))}, highest ${figure(high)}`);
  }
}

customElements.define('lab-spark', Spark);
