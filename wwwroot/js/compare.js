// <lab-compare query|src version chart environment hide logx logy seeds range table looks references> draws groups of runs.
// The query is the body of POST comparisons and the answer comes over HTTP, once for all charts of a page; with src the answer to such a
// question is read from there instead. chart: curves (lines with bands and, under the axis, how many seeds there are), finals or profile.
import { colour, plotly } from './chart.js';
import { announce } from './copy.js';
import { count, figure, span } from './curves.js';
import { picture as beside, prepare, words } from './references.js';
import { unwatch, watch } from './visible.js';

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'];
const UNITS = { steps: 'steps', episodes: 'episodes', seconds: 'seconds' };
const KEPT = 4;
const answers = new Map();

const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const last = values => values.findLast(value => value !== null);
const where = (x, axis) => axis === 'seconds' ? span(x) : `${count(x)} ${UNITS[axis]}`;
const between = (low, high) => low === null || low === undefined ? '' : `${figure(low)} to ${figure(high)}`;

/** The answer to a question, asked once however many charts show it; version changes where the answer may have. */
function ask(element) {
  const [src, query, version] = ['src', 'query', 'version'].map(name => element.getAttribute(name) ?? '');
  const key = `${src}\n${query}\n${version}`;
  if (!answers.has(key)) {
    const asking = (src ? fetch(src) : fetch('/api/v1/comparisons', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: query }))
      .then(async response => {
        const answer = await response.json();
        if (!response.ok) throw new Error(Object.values(answer.errors ?? {}).flat().join(' ') || answer.detail);
        return answer;
      });
    asking.catch(() => answers.delete(key));
    answers.set(key, asking);
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }
  return answers.get(key);
}

class Compare extends HTMLElement {
  static observedAttributes = ['query', 'src', 'version', 'chart', 'environment', 'hide', 'logx', 'logy', 'seeds', 'range', 'table', 'looks', 'references'];
  #plot = null;
  #answer = null;
  #turn = 0;
  #planned = false;
  #onScreen = false;
  #drawn = false;
  #place = -1;
  #sizes = null;
  #onTheme = () => { if (this.#answer && this.#onScreen) this.#draw(); };

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.tabIndex = 0;
    this.#plot = part('div', 'plot');
    this.#plot.setAttribute('aria-hidden', 'true');
    this.replaceChildren(this.#plot, part('p', 'note', 'Comparing'), part('p', 'left-out small muted'), part('p', 'readout small number'), part('p', 'sr-only'));
    this.#sizes = new ResizeObserver(() => { if (this.#drawn && this.#onScreen) window.Plotly?.Plots.resize(this.#plot); });
    this.#sizes.observe(this);
    this.addEventListener('keydown', this.#onKey);
    document.addEventListener('lab:theme', this.#onTheme);
    watch(this);
  }

  disconnectedCallback() {
    unwatch(this);
    this.#sizes.disconnect();
    this.removeEventListener('keydown', this.#onKey);
    document.removeEventListener('lab:theme', this.#onTheme);
    this.#onScreen = false;
    this.#purge();
  }

  attributeChangedCallback(name, before, after) {
    if (before !== after && this.isConnected && this.#plot) this.#plan();
  }

  seen(onScreen) {
    this.#onScreen = onScreen;
    if (onScreen) this.#plan();
  }

  get chart() { return this.getAttribute('chart') ?? 'curves'; }

  /** The part of the address that says what is looked at, for exports. */
  get view() {
    const view = new URLSearchParams({ chart: this.chart });
    for (const name of ['environment']) if (this.hasAttribute(name)) view.set(name, this.getAttribute(name));
    for (const label of this.#hidden()) view.append('hide', label);
    for (const name of ['logx', 'logy']) if (this.hasAttribute(name)) view.set(name, 'true');
    return view;
  }

  // Several attributes change in one render: they make one load.
  #plan() {
    if (!this.#onScreen || this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#load();
    });
  }

  async #load() {
    const turn = ++this.#turn;
    const note = this.querySelector(':scope > .note');
    try {
      const answer = await ask(this);
      // What was drawn stays until what replaces it is there.
      if (turn !== this.#turn || !this.isConnected) return;
      this.#answer = answer;
      note.hidden = true;
      await this.#draw();
    } catch (error) {
      if (turn !== this.#turn) return;
      note.hidden = false;
      note.textContent = error.message;
    }
  }

  #hidden() { return JSON.parse(this.getAttribute('hide') || '[]'); }

  /** What is shown: groups with their look and the curve or score of the environment asked for. */
  #shown() {
    const looks = JSON.parse(this.getAttribute('looks') || '{}');
    const hidden = this.#hidden();
    const environment = this.getAttribute('environment');
    return this.#answer.groups.map((group, index) => {
      const task = environment === null ? null : group.tasks?.find(each => each.environment === environment);
      return {
        label: group.label,
        look: looks[group.label] ?? { slot: group.slot || index % 8 + 1, dash: group.slot ? group.dash : Math.floor(index / 8) },
        curve: task?.curve ?? group.curve,
        final: task?.final ?? group.final,
        profile: group.profile,
        drawn: !hidden.includes(group.label) && (environment === null || !group.environments?.length || group.environments.includes(environment)),
      };
    }).filter(group => group.drawn);
  }

  async #draw() {
    const groups = this.#shown();
    const axis = this.#answer.settings.x;
    const lost = this.#describe(groups, axis);
    this.querySelector(':scope > .table-view')?.remove();
    this.#plot.hidden = this.hasAttribute('table');
    if (this.hasAttribute('table')) {
      this.#purge();
      this.append(tables[this.chart](groups, axis, this.#answer));
      return;
    }
    const Plotly = await plotly();
    await new Promise(requestAnimationFrame);
    if (!this.isConnected) return;
    if (this.chart === 'finals') this.style.height = `${64 + 26 * groups.length}px`;
    const { traces, layout } = pictures[this.chart](groups, axis, this, this.#answer);
    const lines = this.chart === 'curves' ? await prepare(this.getAttribute('references'), this.#answer.settings.metric, axis) : [];
    const values = groups.flatMap(group => [...group.curve.y, ...group.curve.low, ...group.curve.high]).filter(Number.isFinite);
    const reference = beside(lines, {
      from: 0, to: Math.max(0, ...groups.map(group => group.curve.x.at(-1) ?? 0)), axis, log: this.hasAttribute('logy'), unit: UNITS[axis],
      low: Math.min(...values), high: Math.max(...values),
    });
    if (lines.length) this.querySelector(':scope > .sr-only').append(words(lines));
    await Plotly.react(this.#plot, [...reference.traces, ...traces], { ...base(), ...layout, annotations: reference.annotations }, { displayModeBar: false, doubleClick: false });
    if (!this.#drawn) this.#listen();
    this.#drawn = true;
    this.dataset.lost = String(lost);
  }

  #listen() {
    this.#plot.on('plotly_relayout', change => {
      if (this.chart !== 'curves') return;
      const ends = [change['xaxis.range[0]'], change['xaxis.range[1]']].map(end => this.hasAttribute('logx') && end !== undefined ? 10 ** end : end);
      if (ends[0] !== undefined && ends[1] !== undefined) look({ range: `${Math.max(0, Math.floor(ends[0]))}-${Math.ceil(ends[1])}` });
    });
    this.#plot.on('plotly_doubleclick', () => look({ range: null }));
  }

  #describe(groups, axis) {
    const scores = this.#answer.settings.metric;
    const what = { curves: `Curves of ${scores}`, finals: `Final ${scores}`, profile: `Performance profile of ${scores}` }[this.chart];
    const environment = this.getAttribute('environment');
    this.setAttribute('aria-label', `${what}${environment ? ` on ${environment}` : ''}, chart${this.chart === 'curves' ? '; arrow keys read it' : ''}`);
    this.querySelector(':scope > .sr-only').textContent = groups.map(group => this.chart === 'curves'
      ? `${group.label}: ${figure(last(group.curve.y))} at the end, ${Math.max(0, ...group.curve.n)} seeds`
      : `${group.label}: ${figure(group.final.statistic ?? group.final.mean)}${group.final.bootstrap95 ? `, ${between(...group.final.bootstrap95)}` : ''}, ${group.final.n} seeds`).join('. ');
    const lines = [];
    let all = 0;
    for (const [name, values] of [['x', groups.flatMap(group => group.curve.x)], ['y', groups.flatMap(group => group.curve.y)]]) {
      if (this.chart !== 'curves' || !this.hasAttribute(`log${name}`)) continue;
      const lost = values.filter(value => value !== null && value <= 0).length;
      all += lost;
      if (lost > 0) lines.push(`${lost} ${lost === 1 ? 'point' : 'points'} at or below 0 cannot be shown on the logarithmic ${name} axis and ${lost === 1 ? 'is' : 'are'} left out.`);
    }
    const note = this.querySelector(':scope > .left-out');
    note.textContent = lines.join(' ');
    note.hidden = lines.length === 0;
    return all;
  }

  // With the keyboard: one place after another, in words.
  #onKey = event => {
    const steps = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.target !== this || !steps || !this.#answer || this.chart !== 'curves' || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const groups = this.#shown();
    const grid = groups[0]?.curve.x ?? [];
    this.#place = Math.min(grid.length - 1, Math.max(0, this.#place + steps));
    const x = grid[this.#place];
    const words = groups.map(group => {
      const index = group.curve.x.indexOf(x);
      return index < 0 || group.curve.y[index] === null ? `${group.label}: ${group.curve.n[index] ? `only ${group.curve.n[index]} of its seeds` : 'nothing'}` :
        `${group.label}: ${figure(group.curve.y[index])}${group.curve.low[index] === null ? '' : ` (${between(group.curve.low[index], group.curve.high[index])})`}, ${group.curve.n[index]} seeds`;
    });
    const text = `${where(x, this.#answer.settings.x)}: ${words.join('; ')}`;
    this.querySelector(':scope > .readout').textContent = text;
    announce(text);
  };

  #purge() {
    if (this.#drawn) window.Plotly?.purge(this.#plot);
    this.#drawn = false;
  }
}

const base = () => ({
  margin: { l: 56, r: 12, t: 8, b: 36 },
  font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour('muted') },
  paper_bgcolor: 'rgba(0,0,0,0)',
  plot_bgcolor: 'rgba(0,0,0,0)',
  showlegend: false,
  hovermode: 'closest',
  hoverlabel: { bgcolor: colour('raised'), bordercolor: colour('control'), font: { color: colour('text'), size: 12 }, align: 'left', namelength: 0 },
  dragmode: 'zoom',
});

const rules = () => ({ gridcolor: colour('line'), linecolor: colour('line'), zeroline: false, tickfont: { size: 12 }, ticks: '' });

const pictures = {
  curves(groups, axis, element) {
    const grid = rules();
    const [logX, logY] = [element.hasAttribute('logx'), element.hasAttribute('logy')];
    const range = /^(\d+)-(\d+)$/.exec(element.getAttribute('range') ?? '')?.slice(1).map(Number);
    const ends = range && logX ? range.map(end => Math.log10(Math.max(end, 1))) : range;
    return {
      traces: groups.flatMap(group => traces(group, axis, logX, logY)),
      layout: {
        uirevision: `${axis} ${logX} ${logY} ${range}`,
        xaxis: {
          ...grid, showgrid: false, showline: true, nticks: 7, type: logX ? 'log' : 'linear', ...(logX ? { dtick: 'D2' } : {}), tickformat: '~s', anchor: 'y2',
          title: { text: UNITS[axis], standoff: 4, font: { size: 12 } }, ...(ends ? { range: ends, autorange: false } : { autorange: true }),
        },
        yaxis: { ...grid, domain: [0.2, 1], nticks: 6, fixedrange: true, type: logY ? 'log' : 'linear', ...(logY ? { dtick: 'D2' } : {}), autorange: true },
        yaxis2: { ...grid, domain: [0, 0.13], nticks: 3, fixedrange: true, rangemode: 'tozero', title: { text: 'seeds', font: { size: 11 } } },
      },
    };
  },

  finals(groups, axis, element, answer) {
    const known = groups.filter(group => (group.final.statistic ?? group.final.mean) !== null);
    const rows = groups.map(group => group.label);
    return {
      traces: known.map(group => {
        const value = group.final.statistic ?? group.final.mean;
        const bounds = group.final.bootstrap95;
        return {
          x: [value], y: [rows.indexOf(group.label)], type: 'scatter', mode: 'markers', marker: { color: colour(`series-${group.look.slot}`), size: 9 },
          error_x: { type: 'data', symmetric: false, array: [bounds ? bounds[1] - value : 0], arrayminus: [bounds ? value - bounds[0] : 0], color: colour(`series-${group.look.slot}`), thickness: 3, width: 0, visible: Boolean(bounds) },
          hovertemplate: `${escape(group.label)}<br><b>%{x:.5~g}</b>${bounds ? ` (${between(...bounds)})` : ''}, ${group.final.n} seeds<extra></extra>`,
        };
      }),
      layout: {
        margin: { l: Math.min(260, 24 + 6.6 * Math.max(...rows.map(label => label.length), 1)), r: 16, t: 4, b: 40 },
        xaxis: { ...rules(), showline: true, nticks: 7, fixedrange: true, title: { text: `final ${answer.settings.metric}${answer.scales?.length && !element.hasAttribute('environment') ? ', normalised' : ''}`, standoff: 4, font: { size: 12 } } },
        yaxis: {
          ...rules(), showgrid: false, fixedrange: true, autorange: false, range: [rows.length - 0.4, -0.6], tickvals: rows.map((_, index) => index),
          ticktext: rows.map(label => escape(label.length > 38 ? `${label.slice(0, 37)}…` : label)),
        },
      },
    };
  },

  profile(groups) {
    const known = groups.filter(group => group.profile);
    const all = known.flatMap(group => group.profile.thresholds);
    const [low, high] = [Math.min(...all), Math.max(...all)];
    const room = (high - low || 1) * 0.04;
    const ends = [low >= 0 && low < room * 10 ? 0 : low - room, high + room];
    return {
      traces: known.flatMap(group => {
        const { thresholds, shares, low: floor, high: ceiling } = group.profile;
        const shade = colour(`series-${group.look.slot}`);
        const x = [ends[0], ...thresholds, ends[1]];
        const stretch = (first, values) => [first, ...values, values.at(-1) ?? first];
        // Steps as corners: the band is one closed outline.
        const corners = values => x.flatMap((place, index) => index === 0 ? [[place, values[0]]] : [[place, values[index - 1]], [place, values[index]]]);
        const outline = floor.length ? [...corners(stretch(1, ceiling)), ...corners(stretch(1, floor)).reverse()] : [];
        return [
          { x: outline.map(point => point[0]), y: outline.map(point => point[1]), type: 'scatter', mode: 'lines', line: { width: 0 }, fill: 'toself', fillcolor: shade, opacity: 0.16, hoverinfo: 'skip' },
          {
            x, y: stretch(1, shares), type: 'scatter', mode: 'lines', line: { color: shade, width: 2, shape: 'hv', dash: DASHES[group.look.dash % DASHES.length] },
            hovertemplate: `${escape(group.label)}<br><b>%{y:.0%}</b> of runs above %{x:.4~g}<extra></extra>`,
          },
        ];
      }),
      layout: {
        xaxis: { ...rules(), showgrid: false, showline: true, nticks: 7, range: ends, fixedrange: true, title: { text: 'threshold on the final score', standoff: 4, font: { size: 12 } } },
        yaxis: { ...rules(), range: [-0.02, 1.02], tickformat: '.0%', nticks: 6, fixedrange: true, title: { text: 'runs above', font: { size: 12 } } },
      },
    };
  },
};

function traces(group, axis, logX, logY) {
  const shade = colour(`series-${group.look.slot}`);
  const { x, y, low, high, n, lines } = group.curve;
  const shows = (index, value) => value !== null && (!logX || x[index] > 0) && (!logY || value > 0);
  const line = { color: shade, width: 2, dash: DASHES[group.look.dash % DASHES.length] };
  const name = escape(group.label);
  const banded = x.map((_, index) => index).filter(index => shows(index, low[index]) && shows(index, high[index]));
  return [
    {
      x: [...banded.map(index => x[index]), ...banded.toReversed().map(index => x[index])],
      y: [...banded.map(index => high[index]), ...banded.toReversed().map(index => low[index])],
      type: 'scatter', mode: 'lines', line: { width: 0 }, fill: 'toself', fillcolor: shade, opacity: 0.16, hoverinfo: 'skip',
    },
    ...(lines ?? []).map(values => ({
      x, y: values.map((value, index) => shows(index, value) ? value : null), type: 'scatter', mode: 'lines', line: { color: shade, width: 1 }, opacity: 0.25, hoverinfo: 'skip',
    })),
    {
      x, y: y.map((value, index) => shows(index, value) ? value : null), type: 'scatter', mode: 'lines', line, connectgaps: false,
      customdata: x.map((_, index) => [low[index] === null ? '' : `${between(low[index], high[index])}, `, n[index]]),
      hovertemplate: `${name}<br><b>%{y:.5~g}</b> at %{x:,.0f} ${UNITS[axis]}<br>%{customdata[0]}%{customdata[1]} seeds<extra></extra>`,
    },
    {
      x: logX ? x.map(place => place > 0 ? place : null) : x, y: n, yaxis: 'y2', type: 'scatter', mode: 'lines', line: { ...line, width: 1.5, shape: 'hv' },
      hovertemplate: `${name}: %{y} seeds<extra></extra>`,
    },
  ];
}

const tables = {
  // Twenty round places say what the picture says; the download has them all.
  curves: (groups, axis) => grid(
    ['Group', `At (${UNITS[axis]})`, 'Value', 'Band', 'Seeds'],
    groups.flatMap(({ label, curve }) => curve.x.map((_, index) => index).filter(index => index % Math.max(1, Math.ceil(curve.x.length / 20)) === 0 || index === curve.x.length - 1)
      .map(index => [label, count(curve.x[index]), curve.y[index] === null ? '–' : figure(curve.y[index]), between(curve.low[index], curve.high[index]) || '–', String(curve.n[index])]))),
  finals: groups => grid(
    ['Group', 'Value', '95 % interval', 'Seeds'],
    groups.map(({ label, final }) => [label, (final.statistic ?? final.mean) === null ? '–' : figure(final.statistic ?? final.mean), final.bootstrap95 ? between(...final.bootstrap95) : '–', String(final.n)])),
  profile: groups => grid(
    ['Group', 'Threshold', 'Runs above', '95 % band'],
    groups.flatMap(({ label, profile }) => (profile?.thresholds ?? []).map((threshold, index) =>
      [label, figure(threshold), percent(profile.shares[index]), profile.low.length ? `${percent(profile.low[index])} to ${percent(profile.high[index])}` : '–']))),
};

const percent = share => `${Math.round(100 * share)}\u2009%`;

function grid(words, rows) {
  const view = part('div', 'table-view');
  view.tabIndex = 0;
  view.setAttribute('role', 'group');
  view.setAttribute('aria-label', 'The chart as a table');
  const table = part('table', 'table');
  const head = table.createTHead().insertRow();
  words.forEach((word, index) => {
    const cell = part('th', index > 0 ? 'right' : '', word);
    cell.scope = 'col';
    head.append(cell);
  });
  const body = table.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    row.forEach((text, index) => {
      const cell = line.insertCell();
      cell.textContent = text;
      if (index > 0) cell.className = 'right';
    });
  }
  view.append(table);
  return view;
}

function part(kind, style, text = '') {
  const element = document.createElement(kind);
  element.className = style;
  element.textContent = text;
  return element;
}

/** Changes the address: the page renders from it. */
function look(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes))
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  window.Blazor?.navigateTo(url.pathname + url.search, { replaceHistoryEntry: true });
}

customElements.define('lab-compare', Compare);

// Exports: the same question, posted to a file's name. A picture of dots is drawn here from the vector picture.
document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-compare-export]');
  const chart = button && (button.closest('.chart-card')?.querySelector('lab-compare') ?? document.querySelector('lab-compare'));
  if (!chart) return;
  const wanted = button.dataset.compareExport;
  const name = wanted === 'figure.png' ? 'figure.svg' : wanted;
  const address = name === 'comparison.json' ? '/api/v1/comparisons' : `/api/v1/comparisons/${name}${name.startsWith('figure') ? `?${chart.view}` : ''}`;
  try {
    const response = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: chart.getAttribute('query') });
    if (!response.ok) {
      const problem = await response.json();
      throw new Error(Object.values(problem.errors ?? {}).flat().join(' ') || problem.detail);
    }
    save(wanted === 'figure.png' ? await dots(await response.text()) : await response.blob(), wanted.replace('figure', chart.chart));
  } catch (error) {
    announce(error.message);
    const note = chart.querySelector(':scope > .left-out');
    if (note) [note.hidden, note.textContent] = [false, error.message];
  }
});

async function dots(svg) {
  const picture = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    picture.src = address;
    await picture.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.width * 2, picture.height * 2];
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
  } finally {
    URL.revokeObjectURL(address);
  }
}

function save(content, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// The slider shows its value while it moves; the page takes it over when it is let go.
document.addEventListener('input', event => {
  if (!event.target.matches?.('[data-compare-smoothing]')) return;
  const shown = event.target.closest('.field')?.querySelector('[data-smoothing-value]')?.firstChild;
  if (shown) shown.data = Number(event.target.value).toFixed(2);
});
