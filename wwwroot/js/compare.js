// <lab-compare query looks> draws groups of runs: for each a line with its band, and under the axis how many seeds there are.
// The query is the body of POST comparisons; the answer comes over HTTP. With src the answer to such a question is read from there instead.
import { colour, plotly } from './chart.js';
import { figure } from './curves.js';
import { picture as beside, prepare, words } from './references.js';

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'];
const UNITS = { steps: 'steps', episodes: 'episodes', seconds: 'seconds' };

class Compare extends HTMLElement {
  static observedAttributes = ['query', 'src', 'references'];
  #plot = null;
  #answer = null;
  #asked = null;
  #drawn = false;
  #sizes = null;
  #onTheme = () => { if (this.#answer) this.#draw(); };

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', 'Curves of the groups');
    this.#plot = document.createElement('div');
    this.#plot.className = 'plot';
    this.#plot.setAttribute('aria-hidden', 'true');
    const note = document.createElement('p');
    note.className = 'note';
    note.textContent = 'Comparing';
    const summary = document.createElement('p');
    summary.className = 'sr-only';
    this.replaceChildren(this.#plot, note, summary);
    this.#sizes = new ResizeObserver(() => { if (this.#drawn) window.Plotly?.Plots.resize(this.#plot); });
    this.#sizes.observe(this);
    document.addEventListener('lab:theme', this.#onTheme);
    this.#load();
  }

  disconnectedCallback() {
    this.#asked?.abort();
    this.#sizes.disconnect();
    document.removeEventListener('lab:theme', this.#onTheme);
    if (this.#drawn) window.Plotly?.purge(this.#plot);
    this.#drawn = false;
  }

  attributeChangedCallback(name, before, after) {
    if (before !== after && this.isConnected && this.#plot) this.#load();
  }

  /** What is drawn, as comma-separated text. */
  csv() {
    const axis = this.#answer?.settings.x;
    const lines = [`group,${axis},value,low,high,seeds`];
    for (const group of this.#answer?.groups ?? []) {
      const { x, y, low, high, n } = group.curve;
      const name = `"${group.label.replaceAll('"', '""')}"`;
      x.forEach((place, index) => lines.push(`${name},${place},${y[index] ?? ''},${low[index] ?? ''},${high[index] ?? ''},${n[index]}`));
    }
    return lines.join('\n') + '\n';
  }

  async #load() {
    this.#asked?.abort();
    const asked = this.#asked = new AbortController();
    const note = this.querySelector(':scope > .note');
    try {
      const response = this.hasAttribute('src') ? await fetch(this.getAttribute('src'), { signal: asked.signal }) : await fetch('api/v1/comparisons', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: this.getAttribute('query'), signal: asked.signal,
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(Object.values(answer.errors ?? {}).flat().join(' ') || answer.detail);
      this.#answer = answer;
      note.hidden = true;
      await this.#draw();
    } catch (error) {
      if (asked.signal.aborted) return;
      note.hidden = false;
      note.textContent = error.message;
    }
  }

  async #draw() {
    const Plotly = await plotly();
    await new Promise(requestAnimationFrame);
    if (!this.isConnected) return;
    const axis = this.#answer.settings.x;
    const looks = JSON.parse(this.getAttribute('looks') || '{}');
    const groups = this.#answer.groups;
    const lines = await prepare(this.getAttribute('references'), this.#answer.settings.metric, axis);
    const values = groups.flatMap(group => [...group.curve.y, ...group.curve.low, ...group.curve.high]).filter(Number.isFinite);
    const reference = beside(lines, {
      from: 0, to: Math.max(...groups.map(group => group.curve.x.at(-1) ?? 0)), axis, log: false, unit: UNITS[axis], low: Math.min(...values), high: Math.max(...values),
    });
    const grid = { gridcolor: colour('line'), linecolor: colour('line'), zeroline: false, tickfont: { size: 12 }, ticks: '' };
    await Plotly.react(this.#plot, [...reference.traces, ...groups.flatMap((group, index) => traces(group, looks[group.label] ?? { slot: index % 8 + 1, dash: Math.floor(index / 8) }, axis))], {
      annotations: reference.annotations,
      margin: { l: 52, r: 12, t: 8, b: 36 },
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour('muted') },
      paper_bgcolor: 'rgba(0,0,0,0)',
      plot_bgcolor: 'rgba(0,0,0,0)',
      showlegend: false,
      hovermode: 'closest',
      hoverlabel: { bgcolor: colour('raised'), bordercolor: colour('control'), font: { color: colour('text'), size: 12 }, align: 'left', namelength: 0 },
      dragmode: 'zoom',
      xaxis: { ...grid, showgrid: false, showline: true, tickformat: '~s', nticks: 7, title: { text: UNITS[axis], standoff: 4, font: { size: 12 } }, anchor: 'y2' },
      yaxis: { ...grid, domain: [0.2, 1], nticks: 6, fixedrange: true },
      yaxis2: { ...grid, domain: [0, 0.13], nticks: 3, fixedrange: true, rangemode: 'tozero', title: { text: 'seeds', font: { size: 11 } } },
    }, { displayModeBar: false });
    this.#drawn = true;
    this.querySelector(':scope > .sr-only').textContent = groups.map(group =>
      `${group.label}: ${figure(last(group.curve.y))} at the end, ${group.runs.length} seeds`).join('. ') + words(lines);
  }
}

const last = values => values.findLast(value => value !== null);

function traces(group, look, axis) {
  const shade = colour(`series-${look.slot}`);
  const { x, y, low, high, n } = group.curve;
  const line = { color: shade, width: 2, dash: DASHES[look.dash % DASHES.length] };
  const name = group.label.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const banded = x.map((_, index) => index).filter(index => low[index] !== null);
  return [
    {
      x: [...banded.map(index => x[index]), ...banded.toReversed().map(index => x[index])],
      y: [...banded.map(index => high[index]), ...banded.toReversed().map(index => low[index])],
      type: 'scatter', mode: 'lines', line: { width: 0 }, fill: 'toself', fillcolor: shade, opacity: 0.16, hoverinfo: 'skip',
    },
    {
      x, y, type: 'scatter', mode: 'lines', line, connectgaps: false,
      customdata: x.map((_, index) => [low[index] === null ? '' : `${figure(low[index])} to ${figure(high[index])}, `, n[index]]),
      hovertemplate: `${name}<br><b>%{y:.5~g}</b> at %{x:,.0f} ${UNITS[axis]}<br>%{customdata[0]}%{customdata[1]} seeds<extra></extra>`,
    },
    { x, y: n, yaxis: 'y2', type: 'scatter', mode: 'lines', line: { ...line, width: 1.5, shape: 'hv' }, hovertemplate: `${name}: %{y} seeds<extra></extra>` },
  ];
}

customElements.define('lab-compare', Compare);

document.addEventListener('click', event => {
  const chart = event.target.closest?.('[data-compare-csv]') && document.querySelector('lab-compare');
  if (!chart) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([chart.csv()], { type: 'text/csv' }));
  link.download = 'comparison.csv';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});
