// <lab-chart metric runs axis smoothing log clip from to table live> draws one metric of some runs with plotly.
// Attributes say what to show; the points come over HTTP. Only charts on screen fetch and draw.
import { columns } from './columns.js';
import { count, figure, smooth, span, withoutOutliers } from './curves.js';
import { light } from './light.js';
import { picture as beside, prepare, words } from './references.js';
import { unwatch, watch } from './visible.js';

const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot'];
const UNITS = { steps: 'steps', episodes: 'episodes', seconds: 'seconds' };
let library = null;

export const plotly = () => library ??= new Promise((resolve, reject) => {
  const script = document.createElement('script');
  script.src = new URL('../lib/plotly.min.js', import.meta.url).href;
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => { library = null; reject(new Error('The chart library did not load.')); };
  document.head.append(script);
});

// A colour token as the browser computes it: plotly does not understand light-dark().
const probe = document.createElement('i');
export function colour(token) {
  if (!probe.isConnected) document.documentElement.append(probe);
  probe.style.cssText = `display:none;color:var(--${token})`;
  return getComputedStyle(probe).color;
}

const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

class Chart extends HTMLElement {
  static observedAttributes = ['metric', 'runs', 'axis', 'smoothing', 'log', 'clip', 'from', 'to', 'table', 'references'];
  #runs = [];
  #data = [];
  #references = [];
  #onScreen = false;
  #planned = false;
  #fetching = false;
  #again = false;
  #drawn = false;
  #plot = null;
  #away = 0;
  #sizes = null;
  #onTheme = () => this.#redraw();
  #onLight = event => this.#dim(event.detail);

  connectedCallback() {
    this.setAttribute('role', 'group');
    if (!this.#plot) {
      this.#plot = document.createElement('div');
      this.#plot.className = 'plot';
      this.#plot.setAttribute('aria-hidden', 'true');
    }
    this.replaceChildren(this.#plot, note('Loading the curve'), summary());
    this.#sizes = new ResizeObserver(() => { if (this.#drawn && this.#onScreen) window.Plotly?.Plots.resize(this.#plot); });
    this.#sizes.observe(this);
    document.addEventListener('lab:theme', this.#onTheme);
    document.addEventListener('lab:light', this.#onLight);
    watch(this);
  }

  disconnectedCallback() {
    unwatch(this);
    this.#sizes.disconnect();
    document.removeEventListener('lab:theme', this.#onTheme);
    document.removeEventListener('lab:light', this.#onLight);
    this.#onScreen = false;
    this.#purge();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === 'runs') this.#runs = JSON.parse(after || '[]');
    if (name === 'metric') this.setAttribute('aria-label', after);
    this.#plan();
  }

  seen(onScreen) {
    this.#onScreen = onScreen;
    clearTimeout(this.#away);
    if (onScreen) this.#plan();
    else this.#away = setTimeout(() => this.#purge(), 20000);
  }

  beat() {
    if (this.#runs.some(run => run.live)) this.#load();
  }

  /** Every point of every run as comma-separated text. */
  async csv() {
    const axis = this.getAttribute('axis') ?? 'steps';
    const lines = [`run,${axis},${this.getAttribute('metric')}`];
    for (const run of this.#runs) {
      const data = await columns(run.id, this.getAttribute('metric'), { axis, points: 1000000, aggregate: 'raw' });
      const name = `"${run.name.replaceAll('"', '""')}"`;
      data?.x.forEach((x, index) => lines.push(`${name},${x},${data.value[index]}`));
    }
    return lines.join('\n') + '\n';
  }

  // Several attributes change in one render: they make one load.
  #plan() {
    if (!this.#onScreen || this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#load(true);
    });
  }

  async #load(redraw = false) {
    if (this.#fetching) {
      this.#again ||= redraw;
      return;
    }
    this.#fetching = true;
    try {
      const options = {
        axis: this.getAttribute('axis') ?? 'steps',
        from: this.#bound('from'),
        to: this.#bound('to'),
        points: Math.max(200, Math.min(1500, Math.round(this.clientWidth / 50) * 50)),
      };
      const metric = this.getAttribute('metric');
      const runs = this.#runs;
      const [data, references] = await Promise.all([
        Promise.all(runs.map(run => columns(run.id, metric, options))), prepare(this.getAttribute('references'), metric, options.axis)]);
      const fresh = data.map((one, index) => ({ run: runs[index], columns: one }));
      const changed = fresh.length !== this.#data.length || fresh.some((one, index) => one.columns !== this.#data[index].columns);
      this.#data = fresh;
      this.#references = references;
      this.querySelector('.stale')?.remove();
      if (changed || redraw || !this.#drawn) await this.#draw();
    } catch (error) {
      this.#stale(error);
    } finally {
      this.#fetching = false;
      if (this.#again) {
        this.#again = false;
        this.#plan();
      }
    }
  }

  #bound(name) {
    return this.hasAttribute(name) ? Math.round(Number(this.getAttribute(name))) : null;
  }

  async #draw() {
    const filled = this.#data.filter(({ columns: data }) => data && data.x.length > 0);
    this.#describe(filled);
    const message = this.querySelector(':scope > .note');
    message.hidden = filled.length > 0;
    message.textContent = this.#data.length ? 'No points yet. They appear here as the run reports them.' : 'Choose runs in the table to see their curves.';
    if (!filled.length) return this.#purge();
    this.querySelector('.table-view')?.remove();
    this.#plot.hidden = this.hasAttribute('table');
    if (this.hasAttribute('table')) {
      this.append(table(filled, this.getAttribute('axis') ?? 'steps'));
      return;
    }
    const { Plotly, traces, layout } = { Plotly: await plotly(), ...this.#picture(filled) };
    await new Promise(requestAnimationFrame);
    if (!this.isConnected) return;
    await Plotly.react(this.#plot, traces, layout, { displayModeBar: false, doubleClick: false, staticPlot: this.hasAttribute('still') });
    if (!this.#drawn) this.#listen();
    this.#drawn = true;
  }

  #picture(filled) {
    const weight = Number(this.getAttribute('smoothing')) || 0;
    const log = this.hasAttribute('log');
    const axis = this.getAttribute('axis') ?? 'steps';
    const traces = filled.flatMap(({ run, columns: data }) => curve(run, data, weight, axis));
    const [from, to] = [this.#bound('from'), this.#bound('to')];
    const lines = traces.filter(trace => trace.meta.line).map(trace => trace.y);
    const extent = [...filled.map(({ columns: data }) => data.x[0]), ...filled.map(({ columns: data }) => data.x.at(-1))];
    const values = lines.flatMap(line => Array.from(line).filter(Number.isFinite));
    const reference = beside(this.#references, {
      from: from ?? Math.min(0, ...extent), to: to ?? Math.max(...extent), axis, log, unit: UNITS[axis],
      low: values.reduce((least, value) => Math.min(least, value), Infinity), high: values.reduce((most, value) => Math.max(most, value), -Infinity),
    });
    const within = this.hasAttribute('clip') && !log ? withoutOutliers(lines) : null;
    const grid = { gridcolor: colour('line'), linecolor: colour('line'), zeroline: false, tickfont: { size: 12 }, ticks: '' };
    return {
      traces: [...reference.traces, ...traces],
      layout: {
        annotations: reference.annotations,
        margin: { l: 52, r: 12, t: 8, b: 36 },
        font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour('muted') },
        paper_bgcolor: 'rgba(0,0,0,0)',
        plot_bgcolor: 'rgba(0,0,0,0)',
        showlegend: false,
        hovermode: filled.length > 1 || reference.traces.length ? 'closest' : 'x',
        hoverlabel: { bgcolor: colour('raised'), bordercolor: colour('control'), font: { color: colour('text'), size: 12 }, align: 'left', namelength: 0 },
        dragmode: 'zoom',
        uirevision: `${axis} ${from} ${to}`,
        xaxis: {
          ...grid, showgrid: false, showline: true, tickformat: '~s', nticks: 6, title: { text: UNITS[axis], standoff: 4, font: { size: 12 } },
          ...(from === null ? { autorange: true } : { range: [from, to], autorange: false }),
        },
        yaxis: { ...grid, fixedrange: true, type: log ? 'log' : 'linear', nticks: 6, ...(within ? { range: within, autorange: false } : { autorange: true }) },
      },
    };
  }

  #listen() {
    this.#plot.on('plotly_relayout', change => {
      const [from, to] = [change['xaxis.range[0]'], change['xaxis.range[1]']];
      if (from !== undefined && to !== undefined) look({ range: `${Math.max(0, Math.floor(from))}-${Math.ceil(to)}` });
    });
    this.#plot.on('plotly_doubleclick', () => look({ range: null }));
    this.#plot.on('plotly_hover', event => light(event.points[0]?.data.meta.run ?? null));
    this.#plot.on('plotly_unhover', () => light(null));
  }

  #dim(run) {
    if (!this.#drawn || !this.#onScreen) return;
    const known = run !== null && this.#data.length > 1 && this.#data.some(one => one.run.id === run);
    const traces = this.#plot.data ?? [];
    this.#plot.querySelectorAll('.scatterlayer > .trace').forEach((element, index) => {
      element.style.opacity = known && traces[index]?.meta?.run !== run ? '0.15' : '';
    });
  }

  #describe(filled) {
    const parts = filled.map(({ run, columns: data }) =>
      `${run.name}: ${figure(data.value.at(-1))} at ${where(data.x.at(-1), this.getAttribute('axis'))}`);
    this.querySelector(':scope > .sr-only').textContent = parts.length ? `Latest values. ${parts.join('. ')}.${words(this.#references)}` : '';
    const latest = this.closest('.chart-card')?.querySelector('[data-latest]');
    if (latest) latest.textContent = filled.length === 1 ? figure(filled[0].columns.value.at(-1)) : filled.length ? `${filled.length} runs` : '';
  }

  #stale(error) {
    let mark = this.querySelector('.stale');
    if (!mark) {
      mark = document.createElement('div');
      mark.className = 'stale';
      this.append(mark);
      mark.textContent = `Not updated since ${new Date().toLocaleTimeString()}`;
    }
    mark.title = error.message;
  }

  #redraw() {
    if (this.#onScreen && this.#drawn) this.#draw();
  }

  #purge() {
    if (this.#drawn) window.Plotly?.purge(this.#plot);
    this.#drawn = false;
  }
}

function curve(run, data, weight, axis) {
  const shade = colour(`series-${run.slot}`);
  const unit = UNITS[axis];
  const line = { color: shade, width: 1.75, dash: DASHES[run.dash % DASHES.length], simplify: true };
  const meta = { run: run.id };
  const traces = [];
  if (data.reduced && data.min && data.max) {
    // The range of what each point stands for, as one closed outline.
    traces.push({
      x: [...data.x, ...data.x.toReversed()], y: [...data.max, ...data.min.toReversed()], meta, type: 'scatter', mode: 'lines',
      line: { width: 0 }, fill: 'toself', fillcolor: shade, opacity: 0.16, hoverinfo: 'skip',
    });
  } else if (weight > 0) {
    traces.push({ x: data.x, y: data.value, meta, type: 'scatter', mode: 'lines', line: { ...line, width: 1 }, opacity: 0.28, hoverinfo: 'skip' });
  }
  traces.push({
    x: data.x, y: smooth(data.value, weight), meta: { ...meta, line: true }, type: 'scatter', mode: data.x.length === 1 ? 'markers' : 'lines', line,
    marker: { color: shade, size: 6 }, hovertemplate: `${escape(run.name)}<br><b>%{y:.5~g}</b> at %{x:,.0f} ${unit}<extra></extra>`,
  });
  return traces;
}

const where = (x, axis) => axis === 'seconds' ? span(x) : `${count(x)} ${UNITS[axis ?? 'steps']}`;

function note(text) {
  const element = document.createElement('p');
  element.className = 'note';
  element.textContent = text;
  return element;
}

function summary() {
  const element = document.createElement('p');
  element.className = 'sr-only';
  return element;
}

function table(filled, axis) {
  const view = document.createElement('div');
  view.className = 'table-view';
  view.tabIndex = 0;
  const grid = document.createElement('table');
  grid.className = 'table';
  const head = grid.createTHead().insertRow();
  for (const [index, word] of ['Run', 'Points', 'Lowest', 'Highest', 'Latest', 'At'].entries()) {
    const cell = document.createElement('th');
    cell.textContent = word;
    cell.scope = 'col';
    if (index > 0) cell.className = 'right';
    head.append(cell);
  }
  const body = grid.createTBody();
  for (const { run, columns: data } of filled) {
    const row = body.insertRow();
    row.dataset.run = run.id;
    const extremes = [...(data.min ?? data.value), ...(data.max ?? data.value)].filter(Number.isFinite);
    const cells = [run.name, count(data.total), figure(Math.min(...extremes)), figure(Math.max(...extremes)), figure(data.value.at(-1)), where(data.x.at(-1), axis)];
    for (const [index, text] of cells.entries()) {
      const cell = row.insertCell();
      cell.textContent = text;
      if (index > 0) cell.className = 'right';
    }
  }
  view.append(grid);
  return view;
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

customElements.define('lab-chart', Chart);

document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-csv]');
  const chart = button?.closest('.chart-card')?.querySelector('lab-chart');
  if (!chart) return;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([await chart.csv()], { type: 'text/csv' }));
  link.download = `${chart.getAttribute('metric').replaceAll('/', '-')}.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
});

// The slider moves the curves at once; the page takes over its value when it is let go.
document.addEventListener('input', event => {
  if (!event.target.matches?.('[data-smoothing]')) return;
  const value = event.target.value;
  for (const chart of document.querySelectorAll('.chart-card lab-chart:not([still])')) chart.setAttribute('smoothing', value);
  const shown = event.target.closest('.field')?.querySelector('[data-smoothing-value]')?.firstChild;
  if (shown) shown.data = Number(value).toFixed(2);
});
