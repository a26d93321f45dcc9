// <lab-figures run live none others> shows what a run's algorithm drew of itself, with a slider over training time; where others (a list of id and
// name, its own among them) ran beside it, one click shows the same figures of these, at about the same moment.
// <lab-figures src label> shows one sheet of figures from an address, without a slider.
// The figures are data (artifacts figures/STEP.json); plotly draws them, and each has a table.
import { colour, plotly } from './chart.js';
import { count, figure as shown } from './curves.js';

const PREFIX = 'figures/';
const PLAY_EVERY = 900;
const FAR_LARGER = 10;
const fetched = new Map();

class Figures extends HTMLElement {
  #sheets = [];
  #others = [];
  #shownRun = null;
  #sheet = null;
  #cards = new Map();
  #tables = new Set();
  #scales = new Map();
  #bar = null;
  #range = null;
  #where = null;
  #play = null;
  #timer = 0;
  #playing = 0;
  #loading = 0;
  #onTheme = () => this.#draw();
  #onPop = () => this.#show();

  connectedCallback() {
    this.setAttribute('role', 'group');
    this.setAttribute('aria-label', this.getAttribute('label') ?? 'Figures of this run');
    this.#bar = make('div', 'card figures-bar');
    this.#play = button('Play', 'Play through training');
    this.#play.addEventListener('click', () => this.#toggle());
    this.#range = make('input', 'replay-range');
    Object.assign(this.#range, { type: 'range', min: '0', step: '1' });
    this.#range.setAttribute('aria-label', 'Moment of training');
    this.#range.addEventListener('input', () => this.#choose(Number(this.#range.value)));
    this.#where = make('span', 'number small figures-where');
    this.#bar.append(this.#play, this.#range, this.#where);
    this.#bar.hidden = true;
    const note = make('div', 'empty');
    note.append(Object.assign(make('p'), { textContent: 'Loading the figures' }));
    this.#others = JSON.parse(this.getAttribute('others') || '[]');
    this.replaceChildren(...this.#choice(), this.#bar, make('div', 'figures-grid'), note);
    document.addEventListener('lab:theme', this.#onTheme);
    window.addEventListener('popstate', this.#onPop);
    this.#tables = new Set((new URL(location.href).searchParams.get('figureTables') ?? '').split(',').filter(Boolean));
    this.#refresh();
    this.#timer = setInterval(() => { if (this.hasAttribute('live') && !document.hidden) this.#refresh(); }, 5000);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    this.#stop();
    document.removeEventListener('lab:theme', this.#onTheme);
    window.removeEventListener('popstate', this.#onPop);
    for (const card of this.#cards.values()) window.Plotly?.purge(card.plot);
    this.#cards.clear();
  }

  /** The run whose figures are shown: its own, or the one beside it that the address names. */
  get #run() {
    const asked = new URL(location.href).searchParams.get('of');
    return this.#others.some(other => other.id === asked) ? asked : this.getAttribute('run');
  }

  // Buttons for the runs beside it; none where it ran alone.
  #choice() {
    if (this.#others.length < 2) return [];
    const row = make('div', 'row figures-of');
    const segments = make('div', 'segments');
    segments.setAttribute('role', 'group');
    segments.setAttribute('aria-label', 'Run of the experiment whose figures are shown');
    for (const { id, name } of this.#others) {
      const each = Object.assign(make('button'), { type: 'button', textContent: name });
      each.dataset.run = id;
      each.addEventListener('click', () => {
        address('of', id === this.getAttribute('run') ? null : id);
        this.#refresh();
      });
      segments.append(each);
    }
    row.append(Object.assign(make('span', 'muted small'), { textContent: 'Figures of' }), segments);
    return [row];
  }

  async #refresh() {
    const [run, source] = [this.#run, this.getAttribute('src')];
    this.#shownRun = run;
    for (const each of this.querySelectorAll(':scope > .figures-of button')) each.setAttribute('aria-pressed', String(each.dataset.run === run));
    try {
      if (source) {
        this.#sheets = [{ step: 0, address: source, stamp: '' }];
        return await this.#show();
      }
      const response = await fetch(`/api/v1/runs/${run}/artifacts`, { cache: 'no-store' });
      if (!response.ok) throw new Error(response.status === 404 ? 'This run is not there any more.' : `The server answered ${response.status} for the list of figures.`);
      const { items } = await response.json();
      if (run !== this.#run) return;
      this.#sheets = items.filter(item => item.name.startsWith(PREFIX)).map(item => ({
        step: Number(item.name.slice(PREFIX.length, -'.json'.length)), address: `/api/v1/runs/${run}/artifacts/${item.name}`, stamp: item.createdAt,
      }));
      if (!this.isConnected) return;
      if (this.#sheets.length) await this.#show();
      else this.#say('No figures yet', run === this.getAttribute('run') ? this.getAttribute('none') : 'That run has made none so far.');
    } catch (error) {
      if (!this.#sheet) this.#say('The figures cannot be shown', error.message);
    }
  }

  #say(title, text) {
    const note = this.querySelector(':scope > .empty');
    note.hidden = false;
    note.replaceChildren(Object.assign(make('h2'), { textContent: title }), Object.assign(make('p'), { textContent: text ?? '' }));
    this.#bar.hidden = true;
    this.querySelector(':scope > .figures-grid').hidden = true;
  }

  // The moment that the address names, or the nearest one: another run has others.
  get #wanted() {
    const asked = new URL(location.href).searchParams.get('figures');
    const last = this.#sheets.length - 1;
    if (asked === null || !Number.isFinite(Number(asked))) return last;
    const away = this.#sheets.map(sheet => Math.abs(sheet.step - Number(asked)));
    return away.indexOf(Math.min(...away));
  }

  async #show() {
    if (this.#shownRun !== this.#run) return this.#refresh();
    if (!this.#sheets.length) return;
    const index = this.#wanted;
    const sheet = this.#sheets[index];
    this.querySelector(':scope > .empty').hidden = true;
    this.querySelector(':scope > .figures-grid').hidden = false;
    this.#bar.hidden = this.hasAttribute('src');
    this.#range.max = String(this.#sheets.length - 1);
    this.#range.value = String(index);
    this.#range.disabled = this.#play.disabled = this.#sheets.length < 2;
    const words = `After ${count(sheet.step)} steps${index === this.#sheets.length - 1 ? this.hasAttribute('live') ? ', the latest so far' : ', the last' : ''}`;
    this.#where.textContent = words;
    this.#range.setAttribute('aria-valuetext', words);
    const turn = ++this.#loading;
    const loaded = await load(sheet);
    const scales = await scalesOf(this.#sheets);
    if (turn !== this.#loading || !this.isConnected || (loaded === this.#sheet && same(scales, this.#scales))) return;
    this.#sheet = loaded;
    this.#scales = scales;
    await this.#draw();
  }

  #choose(index) {
    address('figures', index === this.#sheets.length - 1 ? null : String(this.#sheets[index].step));
    this.#show();
  }

  #toggle() {
    if (this.#playing) return this.#stop();
    if (this.#wanted === this.#sheets.length - 1) this.#choose(0);
    this.#play.textContent = 'Pause';
    this.#playing = setInterval(() => {
      const next = this.#wanted + 1;
      if (next >= this.#sheets.length) return this.#stop();
      this.#choose(next);
      if (next === this.#sheets.length - 1) this.#stop();
    }, PLAY_EVERY);
  }

  #stop() {
    clearInterval(this.#playing);
    this.#playing = 0;
    if (this.#play) this.#play.textContent = 'Play';
  }

  async #draw() {
    if (!this.#sheet) return;
    const Plotly = await plotly();
    await new Promise(requestAnimationFrame);
    if (!this.isConnected) return;
    const grid = this.querySelector(':scope > .figures-grid');
    const known = new Set(this.#sheet.figures.map(figure => figure.id));
    for (const [id, card] of this.#cards)
      if (!known.has(id)) {
        Plotly.purge(card.plot);
        card.element.remove();
        this.#cards.delete(id);
      }
    for (const figure of this.#sheet.figures) {
      let card = this.#cards.get(figure.id);
      if (!card) {
        card = this.#card(figure);
        this.#cards.set(figure.id, card);
        grid.append(card.element);
      }
      card.figure = figure;
      await this.#fill(card, Plotly);
    }
  }

  async #fill(card, Plotly) {
    const { figure } = card;
    const asTable = this.#tables.has(figure.id);
    card.title.textContent = figure.title;
    const { extremes, alone } = this.#scale(figure);
    card.caption.textContent = figure.kind !== 'heat' || figure.kinds || this.#sheets.length < 2 ? figure.caption
      : `${figure.caption} ${figure.range ? 'Colours mean the same at every moment and in every run.' : alone ? 'Colours are of this moment: values of others are far larger.' : 'Colours mean the same at every moment.'}`;
    card.toggle.setAttribute('aria-pressed', String(asTable));
    card.plot.hidden = asTable;
    card.table.hidden = !asTable;
    card.plot.setAttribute('aria-label', `${figure.title}. ${figure.caption} The table holds the numbers.`);
    if (asTable) {
      card.table.replaceChildren(table(rows(figure)));
      return;
    }
    const { traces, layout } = picture(figure, card.plot.clientWidth, extremes);
    await Plotly.react(card.plot, traces, layout, { displayModeBar: false, responsive: true });
  }

  // One scale for all moments; where it would leave this one a single colour, its own.
  #scale(figure) {
    if (figure.range) return { extremes: [figure.range[0], figure.range[0], figure.range[1]] };
    const extremes = this.#scales.get(figure.id);
    if (!extremes || figure.diverging || figure.logarithmic) return { extremes };
    const own = widened(undefined, figure.values);
    const alone = own[2] > own[0] && extremes[2] - extremes[0] > FAR_LARGER * (own[2] - own[0]);
    return { extremes: alone ? own : extremes, alone };
  }

  #card(figure) {
    const element = make('section', 'card chart-card figure-card');
    element.setAttribute('aria-label', figure.title);
    const head = make('header');
    const title = make('h2');
    const actions = make('span', 'row figure-actions');
    const toggle = button('Table', 'Show the numbers as a table');
    const csv = button('CSV', 'Download the numbers');
    const png = button('PNG', 'Download the picture');
    actions.append(toggle, csv, png);
    head.append(title, actions);
    const plot = make('div', 'plot figure-plot');
    plot.setAttribute('role', 'img');
    const view = make('div', 'table-view figure-table');
    view.tabIndex = 0;
    view.hidden = true;
    const caption = make('p', 'muted small method');
    element.append(head, plot, view, caption);
    const card = { element, title, caption, toggle, plot, table: view, figure };
    toggle.addEventListener('click', async () => {
      if (!this.#tables.delete(card.figure.id)) this.#tables.add(card.figure.id);
      address('figureTables', [...this.#tables].join(',') || null);
      await this.#fill(card, await plotly());
    });
    csv.addEventListener('click', () => save(`${card.figure.id}-${this.#sheet.step}.csv`, new Blob(
      [rows(card.figure).map(row => row.map(cell => typeof cell === 'string' ? `"${cell.replaceAll('"', '""')}"` : cell ?? '').join(',')).join('\n') + '\n'], { type: 'text/csv' })));
    png.addEventListener('click', async () => {
      const Plotly = await plotly();
      const { traces, layout } = picture(card.figure, 900, this.#scale(card.figure).extremes);
      const address = await Plotly.toImage({ data: traces, layout: { ...layout, paper_bgcolor: colour('surface'), width: 900, height: 560 } }, { format: 'png', scale: 2 });
      save(`${card.figure.id}-${this.#sheet.step}.png`, await (await fetch(address)).blob());
    });
    return card;
  }
}

/**
 * For each heat map the least, the least above zero, and the largest of its values at all moments, so that colours can be compared through
 * training. A moment that cannot be fetched is left out.
 */
async function scalesOf(sheets) {
  const scales = new Map();
  for (const sheet of await Promise.all(sheets.map(each => load(each).catch(() => null))))
    for (const figure of sheet?.figures ?? [])
      if (figure.kind === 'heat') scales.set(figure.id, widened(scales.get(figure.id), figure.values));
  return scales;
}

function widened([low, lowest, high] = [Infinity, Infinity, -Infinity], values) {
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    if (value > 0) lowest = Math.min(lowest, value);
    high = Math.max(high, value);
  }
  return [low, lowest, high];
}

const same = (one, other) => JSON.stringify([...one]) === JSON.stringify([...other]);

/** Traces and layout of one figure; of a heat map with the extremes that its colours span. */
function picture(figure, width, [low, lowest, high] = [0, 1, 1]) {
  const grid = { gridcolor: colour('line'), linecolor: colour('line'), zeroline: false, tickfont: { size: 12 }, ticks: '', automargin: true };
  const axis = ({ label, logarithmic, names }) => ({ ...grid, title: { text: escape(label), standoff: 6, font: { size: 12 } }, type: logarithmic ? 'log' : 'linear', ...named(names) });
  const layout = {
    margin: { l: 52, r: 12, t: 8, b: 40 },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour('muted') },
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    showlegend: false,
    hovermode: 'closest',
    hoverlabel: { bgcolor: colour('raised'), bordercolor: colour('control'), font: { color: colour('text'), size: 12 }, align: 'left', namelength: 0 },
    dragmode: false,
  };
  if (figure.kind === 'lines') return {
    traces: figure.series.flatMap((series, index) => line(series, index, figure)),
    layout: {
      ...layout,
      showlegend: figure.series.length > 1 && figure.series.length <= 8,
      shapes: (figure.breaks ?? []).map(x => ({ type: 'line', x0: x, x1: x, yref: 'paper', y0: 0, y1: 1, line: { color: colour('control'), width: 1, dash: 'dot' }, layer: 'below' })),
      legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0, font: { size: 12, color: colour('text') } },
      xaxis: { ...axis(figure.x), showgrid: figure.equalScales, showline: true, ...(figure.equalScales ? { constrain: 'domain' } : {}) },
      yaxis: { ...axis(figure.y), ...(figure.equalScales ? { scaleanchor: 'x', constrain: 'domain' } : {}) },
      ...(figure.right ? { yaxis2: { ...axis(figure.right), overlaying: 'y', side: 'right', showgrid: false, tickmode: 'auto', nticks: 6 } } : {}),
    },
  };
  if (figure.kind === 'bars') return bars(figure, layout, grid, width);
  if (figure.kind === 'paths') return paths(figure, layout, axis);
  if (figure.kind === 'pictures') return pictures(figure, layout);
  if (figure.kinds) return regions(figure, layout, axis);
  const reach = Math.max(Math.abs(low), Math.abs(high), 1e-9);
  const span = figure.diverging ? [-reach, reach] : figure.logarithmic ? [Math.log10(lowest), Math.log10(high)] : [low, high];
  const inRows = values => figure.rows.map((_, row) => values.slice(row * figure.columns.length, (row + 1) * figure.columns.length));
  return {
    traces: [
      {
        type: 'heatmap', x: figure.columns, y: figure.rows, z: inRows(figure.logarithmic ? figure.values.map(value => value > 0 ? Math.log10(value) : null) : figure.values), customdata: inRows(figure.values),
        colorscale: figure.diverging ? diverging() : 'Cividis', ...(span[1] > span[0] && span.every(Number.isFinite) ? { zmin: span[0], zmax: span[1] } : {}),
        hovertemplate: `${escape(figure.x.label)} %{x${figure.x.names ? '' : ':.4~g'}}<br>${escape(figure.y.label)} %{y${figure.y.names ? '' : ':.4~g'}}<br><b>%{customdata:.5~g}</b> ${escape(figure.valueLabel)}<extra></extra>`,
        // A map of squares leaves room beside it, other planes have it above.
        colorbar: {
          ...(figure.map ? { thickness: 10 } : { orientation: 'h', x: 0, xanchor: 'left', y: 1, yanchor: 'bottom', ypad: 4, len: 1, thickness: 8 }),
          outlinewidth: 0, nticks: 6, tickfont: { size: 12 }, ...(figure.logarithmic && high > 0 ? powers(lowest, high) : {}),
          title: { text: escape(figure.valueLabel), side: 'top', font: { size: 12 } },
        },
      },
      ...figure.overlay.map((series, index) => ({
        x: series.x, y: series.y, type: 'scatter', mode: series.points ? 'markers' : 'lines', name: escape(series.name),
        line: { color: colour('surface'), width: 2 }, marker: { color: colour(`series-${index % 8 + 1}`), size: 8, line: { color: colour('surface'), width: 1.5 } },
        hovertemplate: `${escape(series.name)}<extra></extra>`,
      })),
    ],
    layout: {
      ...layout,
      margin: { ...layout.margin, r: width < 480 ? 4 : 12 },
      // Gaps, such as walls, show what is behind.
      annotations: [...figure.overlay.filter(series => series.x.length === 1).map(series => place(series, figure)), ...(figure.map ? [] : [below(figure.x.label)])],
      plot_bgcolor: figure.values.includes(null) ? colour('line') : layout.plot_bgcolor,
      shapes: walls(figure),
      xaxis: {
        ...whole(figure.columns), ...axis(figure.x), showgrid: false, range: edges(figure.columns),
        ...(figure.map ? { constrain: 'domain' } : { title: { text: '' }, automargin: false, ...(figure.equalScales ? { constrain: 'domain' } : {}) }),
      },
      yaxis: {
        ...whole(figure.rows), ...axis(figure.y), showgrid: false, range: figure.map ? edges(figure.rows).reverse() : edges(figure.rows),
        ...(figure.map || figure.equalScales ? { scaleanchor: 'x', constrain: 'domain' } : {}),
      },
    },
  };
}

// Names of places on an axis, where numbers mean nothing.
const named = names => names ? { tickmode: 'array', tickvals: names.map((_, place) => place), ticktext: names.map(escape) } : {};

const walls = figure => (figure.walls ?? []).map(([x0, y0, x1, y1]) => ({ type: 'line', x0, y0, x1, y1, line: { color: colour('text'), width: 3 } }));

// The colour of a kind: the page's own for the first eight, hues far from each other after them.
function kind(number) {
  if (number < 1) return colour('series-muted');
  if (number <= 8) return colour(`series-${number}`);
  const [red, green, blue] = parts(colour('surface'));
  const light = red + green + blue > 382;
  return rgb(parts(fromHue((number * 137.508) % 360, 0.62, (light ? 0.4 : 0.6) + 0.07 * (number % 3 - 1))));
}

const parts = shade => shade.match(/[\d.]+/g).slice(0, 3).map(Number);

const rgb = values => `rgb(${values.map(Math.round).join(', ')})`;

function fromHue(hue, saturation, lightness) {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const part = offset => {
    const at = (offset + hue / 30) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(at - 3, 9 - at, 1)));
  };
  return rgb([part(0), part(8), part(4)]);
}

// Ways over a plane: an open square where one starts, a dot where it ends, rings for what is wanted.
function paths(figure, layout, axis) {
  const bare = { type: 'scatter', showlegend: false };
  const told = name => `${escape(name)}<br>${escape(figure.x.label)} %{x:.3~g}, ${escape(figure.y.label)} %{y:.3~g}<extra></extra>`;
  const traces = [];
  for (const places of figure.places) traces.push({
    ...bare, x: places.x, y: places.y, mode: 'markers', name: escape(places.name), showlegend: figure.paths.length === 0, hovertemplate: told(places.name),
    marker: { symbol: places.rings ? 'circle-open' : 'circle', size: places.rings ? 10 : 6, color: kind(places.colour), line: { width: 1.5, color: kind(places.colour) }, ...(places.rings ? {} : { opacity: 0.75 }) },
  });
  for (const path of figure.paths) traces.push({
    ...bare, x: path.x, y: path.y, mode: 'lines', name: escape(path.name), hovertemplate: told(path.name), showlegend: !path.dashed && figure.paths.length <= 8,
    line: { color: kind(path.colour), width: path.dashed ? 1.25 : 1.75, dash: path.dashed ? 'dash' : 'solid' },
  });
  const ended = figure.paths.filter(path => !path.dashed && path.x.length);
  // Where many start at about one place one square is enough.
  const near = 0.05 * Math.max(...ended.flatMap(path => [path.x, path.y].map(values => Math.max(...values) - Math.min(...values))), 1e-9);
  const started = ended.filter((path, index) => !ended.slice(0, index).some(other => Math.hypot(other.x[0] - path.x[0], other.y[0] - path.y[0]) < near));
  const at = (ended, name, place, marker) => ({
    ...bare, x: ended.map(path => path.x.at(place)), y: ended.map(path => path.y.at(place)), mode: 'markers', marker,
    text: ended.map(path => `${escape(path.name)}, ${name}`), hovertemplate: '%{text}<br>%{x:.3~g}, %{y:.3~g}<extra></extra>',
  });
  if (ended.length) traces.push(
    at(started, 'start', 0, { symbol: 'square-open', size: 9, color: colour('text'), line: { width: 1.5 } }),
    at(ended, 'end', -1, { size: 7, color: ended.map(path => kind(path.colour)), line: { color: colour('surface'), width: 1 } }));
  const [left, bottom, right, top] = figure.bounds ?? [];
  // Room for marks on the edge.
  const ranged = (low, high) => figure.bounds ? { range: [low - 0.04 * (high - low), high + 0.04 * (high - low)], constrain: 'domain' } : { constrain: 'domain' };
  return {
    traces,
    layout: {
      ...layout,
      showlegend: traces.some(trace => trace.showlegend),
      legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0, font: { size: 12, color: colour('text') } },
      shapes: [
        ...(figure.bounds ? [{ type: 'rect', x0: left, y0: bottom, x1: right, y1: top, line: { color: colour('control'), width: 1 }, layer: 'below' }] : []),
        ...walls(figure),
      ],
      xaxis: { ...axis(figure.x), ...ranged(left, right) },
      yaxis: { ...axis(figure.y), ...(figure.freeScales ? {} : { scaleanchor: 'x' }), ...ranged(bottom, top) },
    },
  };
}

// Each field in the colour of its kind, the paler the weaker: one scale that holds every kind in so many strengths.
function regions(figure, layout, axis) {
  const LEVELS = 6;
  const kinds = Math.max(...figure.values);
  const surface = parts(colour('surface'));
  const steps = Array.from({ length: kinds * LEVELS }, (_, index) => {
    const full = parts(kind(Math.floor(index / LEVELS) + 1));
    const strength = 0.12 + 0.88 * (index % LEVELS + 0.5) / LEVELS;
    return rgb(full.map((value, place) => strength * value + (1 - strength) * surface[place]));
  });
  const level = index => figure.strengths ? Math.min(LEVELS - 1, Math.floor(figure.strengths[index] * LEVELS)) : LEVELS - 1;
  const inRows = values => figure.rows.map((_, row) => values.slice(row * figure.columns.length, (row + 1) * figure.columns.length));
  const label = escape(figure.valueLabel);
  return {
    traces: [
      {
        type: 'heatmap', x: figure.columns, y: figure.rows, z: inRows(figure.values.map((value, index) => (value - 1) * LEVELS + level(index) + 0.5)),
        text: inRows(figure.values.map((value, index) => `<b>${label} ${value}</b>${figure.strengths ? `, ${shown(figure.strengths[index])} sure` : ''}`)),
        zmin: 0, zmax: steps.length, colorscale: steps.flatMap((shade, index) => [[index / steps.length, shade], [(index + 1) / steps.length, shade]]), showscale: false,
        hovertemplate: `${escape(figure.x.label)} %{x:.3~g}<br>${escape(figure.y.label)} %{y:.3~g}<br>%{text}<extra></extra>`,
      },
      ...figure.overlay.map(series => ({
        x: series.x, y: series.y, type: 'scatter', mode: series.points ? 'markers' : 'lines', name: escape(series.name),
        marker: { color: series.x.map((_, index) => kind(index + 1)), size: 8, line: { color: colour('surface'), width: 1.5 } }, line: { color: colour('surface'), width: 2 },
        hovertemplate: `${escape(series.name)} (%{pointNumber})<extra></extra>`,
      })),
    ],
    layout: {
      ...layout, shapes: walls(figure),
      xaxis: { ...axis(figure.x), showgrid: false, range: edges(figure.columns), constrain: 'domain' },
      yaxis: { ...axis(figure.y), showgrid: false, range: edges(figure.rows), ...(figure.equalScales ? { scaleanchor: 'x' } : {}), constrain: 'domain' },
    },
  };
}

// Small pictures in one scale, with a gap of one pixel and their names around them.
function pictures(figure, layout) {
  const [across, up] = [figure.width + 1, figure.height + 1];
  const [width, height] = [figure.columns.length * across - 1, figure.rows.length * up - 1];
  const z = Array.from({ length: height }, () => Array(width).fill(null));
  figure.rows.forEach((row, index) => row.pictures.forEach((picture, column) => picture.forEach((value, pixel) => {
    z[height - (index + 1) * up + 1 + Math.floor(pixel / figure.width)][column * across + pixel % figure.width] = value;
  })));
  const reach = Math.max(1e-9, ...z.flat().map(value => Math.abs(value ?? 0)));
  const frame = (row, column) => ({
    type: 'rect', x0: column * across - 0.5, x1: column * across + figure.width - 0.5, y0: height - (row + 1) * up + 0.5, y1: height - row * up - 0.5,
    line: { color: colour('control'), width: 1 },
  });
  const bare = { showgrid: false, zeroline: false, showline: false, automargin: true, tickmode: 'array', constrain: 'domain', tickfont: { size: 12 } };
  return {
    traces: [{
      type: 'heatmap', z, zmin: -reach, zmax: reach, colorscale: diverging(), hovertemplate: `<b>%{z:.3~g}</b> ${escape(figure.valueLabel)}<extra></extra>`, hoverongaps: false,
      colorbar: { thickness: 10, outlinewidth: 0, nticks: 5, tickfont: { size: 12 }, title: { text: escape(figure.valueLabel), side: 'top', font: { size: 12 } } },
    }],
    layout: {
      ...layout,
      shapes: figure.rows.flatMap((_, row) => figure.columns.map((_, column) => frame(row, column))),
      xaxis: { ...bare, range: [-1, width], tickvals: figure.columns.map((_, column) => column * across + (figure.width - 1) / 2), ticktext: figure.columns.map(escape) },
      yaxis: { ...bare, range: [-1, height], scaleanchor: 'x', tickvals: figure.rows.map((_, row) => height - (row + 1) * up + 1 + (figure.height - 1) / 2), ticktext: figure.rows.map(row => escape(row.name)) },
    },
  };
}

// Powers of ten along a scale of logarithms, as many as have room; within one power 1, 2 and 5 of it.
function powers(low, high) {
  const [first, last] = [Math.floor(Math.log10(low)), Math.floor(Math.log10(high))];
  const every = Math.ceil((last - first + 1) / 6);
  const exponents = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(exponent => exponent % every === 0);
  const ticks = exponents.flatMap(exponent => last - first > 1 ? [10 ** exponent] : [10 ** exponent, 2 * 10 ** exponent, 5 * 10 ** exponent])
    .filter(tick => tick >= low && tick <= high);
  return { tickvals: ticks.map(Math.log10), ticktext: ticks.map(tick => tick.toLocaleString('en', { maximumSignificantDigits: 1 })) };
}

// The name of the axis: under a scale above the plane, plotly would set its own on the ticks.
const below = label => ({ text: escape(label), name: 'axis', xref: 'paper', x: 0.5, yref: 'paper', y: 0, yshift: -28, yanchor: 'middle', showarrow: false, font: { size: 12 } });

// From edge to edge of the outermost fields, whatever lies over them.
function edges(centres) {
  const half = centres.length > 1 ? (centres.at(-1) - centres[0]) / (centres.length - 1) / 2 : 0.5;
  return [centres[0] - half, centres.at(-1) + half];
}

// Cells and components are counted: no ticks between them.
const whole = centres => centres.every(Number.isInteger) ? { dtick: Math.ceil(centres.length / 8) } : {};

// The name of a place, towards the middle of the picture.
function place(series, figure) {
  const [x, y] = [series.x[0], series.y[0]];
  const right = x > (figure.columns[0] + figure.columns.at(-1)) / 2;
  const low = figure.map === (y > (figure.rows[0] + figure.rows.at(-1)) / 2);
  return {
    x, y, text: escape(series.name), showarrow: false, font: { size: 12, color: colour('text') }, bgcolor: colour('surface'), borderpad: 2, opacity: 0.9,
    xanchor: right ? 'right' : 'left', yanchor: low ? 'bottom' : 'top', xshift: right ? -6 : 6, yshift: low ? 6 : -6,
  };
}

// Two series colours that meet in the page's own colour at zero, in either theme.
const diverging = () => [[0, colour('series-2')], [0.5, colour('surface')], [1, colour('series-1')]];

function line(series, index, figure) {
  const shade = colour(`series-${index % 8 + 1}`);
  const name = escape(series.name) + (series.onRight ? ', scale on the right' : '');
  const traces = [];
  if (series.low) traces.push({
    x: [...series.x, ...series.x.toReversed()], y: [...series.high, ...series.low.toReversed()], type: 'scatter', mode: 'lines', line: { width: 0 },
    fill: 'toself', fillcolor: shade, opacity: 0.16, hoverinfo: 'skip', showlegend: false,
  });
  traces.push({
    x: series.x, y: series.y, name, type: 'scatter', mode: series.points ? 'markers' : series.x.length < 3 ? 'lines+markers' : 'lines', connectgaps: false, ...(series.onRight ? { yaxis: 'y2' } : {}),
    line: { color: shade, width: 1.75, dash: ['solid', 'dash', 'dot'][Math.floor(index / 8) % 3] }, marker: { color: shade, size: 5 },
    hovertemplate: `${name}<br><b>%{y:.5~g}</b> ${escape((series.onRight ? figure.right : figure.y).label)}<br>${escape(figure.x.label)} %{x:.5~g}<extra></extra>`,
  });
  return traces;
}

function bars(figure, layout, grid, width) {
  // Where names are too many for the room, every second one.
  const every = figure.categories.join('').length * 8 + figure.categories.length * 12 > width ? 2 : 1;
  const count = figure.panels.length;
  const gap = 0.1;
  const height = (1 - gap * (count - 1)) / count;
  const axes = {};
  const traces = figure.panels.map((panel, index) => {
    const suffix = index ? String(index + 1) : '';
    const top = 1 - index * (height + gap);
    axes[`yaxis${suffix}`] = { ...grid, domain: [top - height, top], nticks: 4, zeroline: true, zerolinecolor: colour('line'), title: { text: escape(panel.label), font: { size: 12 } } };
    return {
      type: 'bar', x: figure.categories.map((_, place) => place), y: panel.values, yaxis: `y${suffix}`, marker: { color: colour(`series-${index % 8 + 1}`), line: { width: 0 } },
      ...(panel.deviations ? { error_y: { type: 'data', array: panel.deviations.map(value => value ?? 0), color: colour('muted'), thickness: 1.25, width: 4 } } : {}),
      customdata: figure.categories.map(escape),
      hovertemplate: `%{customdata}<br><b>%{y:.4~g}</b> ${escape(panel.label)}<extra></extra>`,
    };
  });
  return {
    traces,
    layout: {
      ...layout, ...axes, bargap: 0.35,
      xaxis: { ...grid, showgrid: false, anchor: count > 1 ? `y${count}` : 'y', tickvals: figure.categories.map((_, place) => place), ticktext: figure.categories.map((name, place) => place % every ? '' : escape(name)) },
    },
  };
}

/** A figure's numbers, row by row, its heading first. */
function rows(figure) {
  if (figure.kind === 'bars')
    return [
      ['', ...figure.panels.flatMap(panel => panel.deviations ? [panel.label, `${panel.label}, standard deviation`] : [panel.label])],
      ...figure.categories.map((category, index) => [category, ...figure.panels.flatMap(panel => panel.deviations ? [panel.values[index], panel.deviations[index]] : [panel.values[index]])]),
    ];
  if (figure.kind === 'lines')
    return [['line', figure.x.label, figure.right ? 'value' : figure.y.label], ...figure.series.flatMap(series => series.x.map((x, index) => [series.name, x, series.y[index]]))];
  if (figure.kind === 'paths')
    return [
      ['way or place', figure.x.label, figure.y.label],
      ...[...figure.paths, ...figure.places].flatMap(path => path.x.map((x, index) => [path.name, x, path.y[index]])),
    ];
  if (figure.kind === 'pictures')
    return [
      ['picture', 'row, from the bottom', 'column', figure.valueLabel],
      ...figure.rows.flatMap(row => row.pictures.flatMap((picture, column) => picture.map((value, pixel) =>
        [`${row.name}, ${figure.columns[column]}`, Math.floor(pixel / figure.width) + 1, pixel % figure.width + 1, value]))),
    ];
  const placed = (axis, place) => axis.names?.[place] ?? place;
  return [
    [figure.x.label, figure.y.label, figure.valueLabel, ...(figure.strengths ? ['sureness'] : [])],
    ...figure.rows.flatMap((y, row) => figure.columns.map((x, column) => {
      const at = row * figure.columns.length + column;
      return [placed(figure.x, x), placed(figure.y, y), figure.values[at], ...(figure.strengths ? [figure.strengths[at]] : [])];
    })),
  ];
}

function table(lines) {
  const grid = make('table', 'table');
  const head = grid.createTHead().insertRow();
  for (const [index, word] of lines[0].entries()) {
    const cell = make('th', index ? 'right' : '');
    cell.scope = 'col';
    cell.textContent = word;
    head.append(cell);
  }
  const body = grid.createTBody();
  for (const line of lines.slice(1, 1001)) {
    const row = body.insertRow();
    for (const [index, cell] of line.entries()) {
      const place = row.insertCell();
      place.textContent = typeof cell === 'number' ? shown(cell) : cell ?? '–';
      if (index) place.className = 'right';
    }
  }
  if (lines.length > 1001) {
    const cell = body.insertRow().insertCell();
    cell.colSpan = lines[0].length;
    cell.textContent = `${count(lines.length - 1001)} more rows are in the CSV.`;
  }
  return grid;
}

/** One sheet; what was fetched once is kept. */
function load(sheet) {
  const key = `${sheet.address} ${sheet.stamp}`;
  let known = fetched.get(key);
  if (!known) {
    known = fetch(sheet.address).then(async response => {
      if (!response.ok) throw new Error(`The server answered ${response.status} for the figures.`);
      const read = await response.json();
      if (read.version !== 1) throw new Error('These figures were made by another version of the lab.');
      return read;
    });
    known.catch(() => fetched.delete(key));
    fetched.set(key, known);
    if (fetched.size > 60) fetched.delete(fetched.keys().next().value);
  }
  return known;
}

function address(name, value) {
  const url = new URL(location.href);
  if (value === null) url.searchParams.delete(name);
  else url.searchParams.set(name, value);
  history.replaceState(history.state, '', url);
}

function save(name, blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function make(tag, className = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  return element;
}

function button(word, title) {
  const element = make('button', 'button small');
  Object.assign(element, { type: 'button', textContent: word, title });
  return element;
}

const escape = text => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;');

customElements.define('lab-figures', Figures);
