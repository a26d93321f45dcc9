// <lab-sweep src live> draws a sweep: its trials as a table, parallel coordinates, one parameter against the result, two as a heat map, what each
// explains, and the rungs. Everything comes from the address in src over HTTP; what is chosen stands in the page's address.
import { colour, plotly } from './chart.js';
import { figure } from './curves.js';

const LOOK_EVERY = 2000;
const STANDINGS = { 'under-way': 'under way', waits: 'waits', dropped: 'dropped', finished: 'whole budget', failed: 'failed' };
const AGGREGATES = { mean: 'mean', median: 'median', iqm: 'interquartile mean', worst: 'worst seed' };
const SVG = 'http://www.w3.org/2000/svg';

class Sweep extends HTMLElement {
  static observedAttributes = ['live'];
  #sweep = null;
  #text = '';
  #timer = 0;
  #asked = null;
  #plots = new Map();
  #sizes = null;
  #onTheme = () => this.#draw();

  connectedCallback() {
    const note = make('p', { className: 'muted', textContent: 'Loading the trials' });
    this.replaceChildren(note);
    let width = 0;
    this.#sizes = new ResizeObserver(entries => {
      const now = Math.round(entries[0].contentRect.width);
      if (width && now !== width) this.#draw();
      width = now;
    });
    this.#sizes.observe(this);
    document.addEventListener('lab:theme', this.#onTheme);
    this.#load();
  }

  disconnectedCallback() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    this.#sizes.disconnect();
    document.removeEventListener('lab:theme', this.#onTheme);
    this.#purge();
  }

  attributeChangedCallback(name, before, after) {
    if (before !== after && this.#sweep && this.isConnected) this.#load();
  }

  async #load() {
    clearTimeout(this.#timer);
    this.#asked?.abort();
    const asked = this.#asked = new AbortController();
    try {
      const response = await fetch(this.getAttribute('src'), { signal: asked.signal });
      const text = await response.text();
      if (!response.ok) throw new Error(JSON.parse(text).detail);
      if (text !== this.#text) {
        this.#text = text;
        this.#sweep = JSON.parse(text);
        await this.#draw();
      }
    } catch (error) {
      if (asked.signal.aborted) return;
      if (!this.#sweep) this.firstElementChild.textContent = error.message;
    }
    if (this.hasAttribute('live') && this.isConnected) this.#timer = setTimeout(() => this.#load(), LOOK_EVERY);
  }

  async #draw() {
    const sweep = this.#sweep;
    if (!sweep || !this.isConnected) return;
    if (!this.querySelector('.sweep-parts')) this.#build();
    this.#coordinates(sweep);
    this.#trials(sweep);
    // Axes without a result say nothing.
    const known = sweep.trialTable.some(trial => trial.score !== null);
    for (const name of ['scatter', 'heat', 'rungs', 'importance']) this.querySelector(`[data-part="${name}"]`)?.toggleAttribute('hidden', !known);
    if (!known) return;
    this.#importance(sweep);
    const Plotly = await plotly();
    if (!this.isConnected) return;
    await this.#scatter(Plotly, sweep);
    await this.#heat(Plotly, sweep);
    if (sweep.rungs.length > 1) await this.#rungs(Plotly, sweep);
  }

  // Fields are made once, so that typing and focus outlive new results.
  #build() {
    const sweep = this.#sweep;
    const names = sweep.parameters.map(parameter => parameter.name);
    const state = new URL(location.href).searchParams;
    const chosen = (key, usual) => names.includes(state.get(key)) ? state.get(key) : usual;
    const choose = (key, label, usual) => {
      const select = make('select', { className: 'input short', name: key });
      for (const name of names) select.append(make('option', { value: name, textContent: name, selected: name === chosen(key, usual) }));
      select.addEventListener('change', () => { look({ [key]: select.value === usual ? null : select.value }); this.#draw(); });
      const field = make('label', { className: 'row tight small' });
      field.append(label, select);
      return field;
    };
    const parts = make('div', { className: 'sweep-parts stack roomy' });
    parts.append(
      part('coordinates', 'Every trial', `One line for each trial, across its values to its result at ${count(sweep.rungs[0])} steps; the best is thickest.`),
      part('scatter', 'One parameter', '', choose('x', 'Along', names[0])),
      ...(names.length > 1 ? [part('heat', 'Two parameters', '', choose('across', 'Across', names[0]), choose('up', 'Up', names[1]))] : []),
      ...(sweep.rungs.length > 1 ? [part('rungs', 'Rungs', 'Each line is a trial; where it ends, the trial was dropped, failed or waits.')] : []),
      part('importance', 'What matters', ''),
      part('trials', 'Trials', ''));
    this.replaceChildren(parts);
  }

  #part(name) {
    return this.querySelector(`[data-part="${name}"] .body`);
  }

  // The order of goodness: trials on a higher rung first.
  #ranked(sweep) {
    const sign = sweep.goal === 'maximise' ? -1 : 1;
    return sweep.trialTable.toSorted((a, b) => (b.score === null ? -1 : b.steps) - (a.score === null ? -1 : a.steps)
      || (a.score === null ? 0 : sign * (a.score - b.score)) || a.number - b.number);
  }

  #coordinates(sweep) {
    const body = this.#part('coordinates');
    // The first rung is the only one at which all trials can be compared.
    const first = trial => trial.rungs[0]?.score ?? null;
    const trials = this.#ranked(sweep).filter(trial => first(trial) !== null).reverse();
    if (!trials.length) return void body.replaceChildren(make('p', { className: 'muted', textContent: 'No trial has a result yet.' }));
    const scores = trials.map(first);
    const axes = [...sweep.parameters.map(parameter => axisOf(parameter, sweep.trialTable)), rangeAxis(sweep.metric, scores)];
    const width = Math.max(body.clientWidth, 80 * axes.length);
    const [left, right, top, height] = [56, 56, 28, 240];
    const x = index => left + index * (width - left - right) / (axes.length - 1);
    const y = place => top + (1 - place) * (height - top - 16);
    const svg = draw('svg', { viewBox: `0 0 ${width} ${height}`, width, height, class: 'coordinates', 'aria-hidden': 'true' });
    const best = sweep.best?.number;
    for (const trial of trials) {
      const points = axes.map((axis, index) => [x(index), index === axes.length - 1 ? axis.place(first(trial)) : axis.place(trial.parameters[axis.name])])
        .filter(([, place]) => place !== null).map(([across, place]) => `${across.toFixed(1)},${y(place).toFixed(1)}`).join(' ');
      const line = draw('polyline', { points, stroke: shade(good(sweep, first(trial), scores)), 'stroke-width': trial.number === best ? 3 : 1.25, 'data-trial': trial.number });
      line.append(draw('title', {}, `Trial ${trial.number}: ${figure(first(trial))} at ${count(sweep.rungs[0])} steps`));
      svg.append(line);
    }
    axes.forEach((axis, index) => {
      svg.append(draw('line', { x1: x(index), x2: x(index), y1: y(0), y2: y(1), stroke: colour('control') }));
      const anchor = index === 0 ? 'start' : index === axes.length - 1 ? 'end' : 'middle';
      svg.append(draw('text', { x: index === 0 ? 0 : index === axes.length - 1 ? width : x(index), y: 12, 'text-anchor': anchor, class: 'strong' }, axis.name.split('.').at(-1)));
      for (const [label, place] of axis.ticks)
        svg.append(draw('text', { x: x(index) + (index === axes.length - 1 ? 6 : -6), y: y(place) + 4, 'text-anchor': index === axes.length - 1 ? 'start' : 'end' }, label));
    });
    const box = make('div', { className: 'scroll' });
    box.append(svg);
    const few = this.#ranked(sweep).filter(trial => trial.score !== null).slice(0, 3);
    box.append(make('p', { className: 'sr-only', textContent: `The best: ${few.map(trial => `trial ${trial.number}, ${values(sweep, trial)}, ${figure(trial.score)}`).join('; ')}. The table of trials has all.` }));
    body.replaceChildren(box);
  }

  async #scatter(Plotly, sweep) {
    const body = this.#part('scatter');
    const name = this.querySelector('[name="x"]').value;
    const parameter = sweep.parameters.find(each => each.name === name);
    const place = trial => parameter.values ? text(trial.parameters[name]) : trial.parameters[name];
    const trials = sweep.trialTable.filter(trial => trial.score !== null);
    const levels = [...new Set(trials.map(trial => trial.steps))].sort((a, b) => a - b);
    const traces = levels.flatMap(steps => {
      const own = trials.filter(trial => trial.steps === steps);
      const slot = colour(`series-${sweep.rungs.indexOf(steps) % 8 + 1}`);
      const seeds = own.flatMap(trial => trial.seeds.filter(seed => !seed.added && seed.score !== null).map(seed => [place(trial), seed.score]));
      return [
        { x: seeds.map(pair => pair[0]), y: seeds.map(pair => pair[1]), type: 'scatter', mode: 'markers', marker: { size: 4, color: slot, opacity: 0.45 }, hoverinfo: 'skip', showlegend: false },
        {
          x: own.map(place), y: own.map(trial => trial.score), type: 'scatter', mode: 'markers', name: `${count(steps)} steps`,
          marker: { size: 9, color: slot, line: { width: 1, color: colour('surface') } },
          error_y: {
            type: 'data', symmetric: false, thickness: 1, width: 3, color: slot,
            array: own.map(trial => trial.interval ? trial.interval.high - trial.score : 0), arrayminus: own.map(trial => trial.interval ? trial.score - trial.interval.low : 0),
          },
          customdata: own.map(trial => [trial.number, values(sweep, trial), trial.interval ? `, ${figure(trial.interval.low)} to ${figure(trial.interval.high)}` : '']),
          hovertemplate: 'Trial %{customdata[0]}: <b>%{y:.5~g}</b>%{customdata[2]}<br>%{customdata[1]}<extra></extra>',
        },
      ];
    });
    await this.#plot(Plotly, body, traces, {
      showlegend: levels.length > 1, legend: { orientation: 'h', y: 1.12, font: { size: 12 } },
      xaxis: { ...grid(), title: { text: name, standoff: 4, font: { size: 12 } }, ...(parameter.values
        ? { type: 'category', categoryorder: 'array', categoryarray: parameter.values.map(text) }
        : parameter.scale === 'log' ? { type: 'log', tickformat: '~g', ...(parameter.high >= 10 * parameter.low ? { dtick: 1 } : {}) } : { nticks: 6 }) },
      yaxis: { ...grid(), title: { text: sweep.metric, standoff: 4, font: { size: 12 } }, nticks: 6 },
    }, `${AGGREGATES[sweep.aggregate]} of each trial with its 95 % interval; small dots are seeds.`);
  }

  async #heat(Plotly, sweep) {
    const body = this.#part('heat');
    if (!body) return;
    const [across, up] = ['across', 'up'].map(key => sweep.parameters.find(each => each.name === this.querySelector(`[name="${key}"]`).value));
    const trials = sweep.trialTable.filter(trial => trial.rungs[0]?.score !== null && trial.rungs.length);
    const [columns, rows] = [cells(across, trials), cells(up, trials)];
    const table = rows.labels.map((_, row) => columns.labels.map((_, column) =>
      trials.filter(trial => columns.of(trial) === column && rows.of(trial) === row).map(trial => trial.rungs[0].score)));
    const means = table.map(line => line.map(scores => scores.length ? scores.reduce((sum, score) => sum + score, 0) / scores.length : null));
    const backwards = sweep.goal === 'minimise';
    await this.#plot(Plotly, body, [{
      type: 'heatmap', x: columns.labels, y: rows.labels, z: means, xgap: 2, ygap: 2, showscale: false, zsmooth: false,
      colorscale: [[0, backwards ? colour('accent') : colour('hover')], [1, backwards ? colour('hover') : colour('accent')]],
      customdata: table.map(line => line.map(scores => scores.length)),
      hovertemplate: `${escape(across.name)} %{x}, ${escape(up.name)} %{y}<br><b>%{z:.5~g}</b>, mean of %{customdata} trials<extra></extra>`,
    }], {
      xaxis: { ...grid(), showgrid: false, type: 'category', title: { text: across.name, standoff: 4, font: { size: 12 } } },
      yaxis: { ...grid(), showgrid: false, type: 'category', automargin: true, title: { text: up.name, standoff: 4, font: { size: 12 } } },
    }, `Mean result of the trials in each cell at ${count(sweep.rungs[0])} steps; ${backwards ? 'smaller' : 'larger'} is darker in the accent colour, empty cells have no trial.`);
    body.querySelector('details')?.remove();
    body.append(fold('The same as a table', grille([`${up.name} \\ ${across.name}`, ...columns.labels],
      rows.labels.map((label, row) => [label, ...means[row].map((mean, column) => mean === null ? '–' : `${figure(mean)} (${table[row][column].length})`)]), 'Mean result and number of trials')));
  }

  async #rungs(Plotly, sweep) {
    const body = this.#part('rungs');
    const lines = which => {
      const [x, y, customdata] = [[], [], []];
      for (const trial of sweep.trialTable.filter(trial => trial.rungs.length && which(trial))) {
        for (const rung of trial.rungs) {
          x.push(rung.steps);
          y.push(rung.score);
          customdata.push([trial.number, values(sweep, trial)]);
        }
        x.push(null);
        y.push(null);
        customdata.push(['', '']);
      }
      return { x, y, customdata, type: 'scatter', mode: 'lines+markers', hovertemplate: 'Trial %{customdata[0]}: <b>%{y:.5~g}</b> at %{x:,.0f} steps<br>%{customdata[1]}<extra></extra>' };
    };
    const top = trial => trial.rungs.length === sweep.rungs.length;
    await this.#plot(Plotly, body, [
      { ...lines(trial => !top(trial)), name: 'others', line: { color: colour('control'), width: 1 }, marker: { size: 5 } },
      { ...lines(trial => top(trial) && trial.number !== sweep.best?.number), name: 'whole budget', line: { color: colour('series-1'), width: 1.5 }, marker: { size: 6 } },
      { ...lines(trial => trial.number === sweep.best?.number), name: 'best', line: { color: colour('accent'), width: 3 }, marker: { size: 8 } },
    ], {
      showlegend: true, legend: { orientation: 'h', y: 1.12, font: { size: 12 } },
      xaxis: { ...grid(), type: 'log', tickvals: sweep.rungs, ticktext: sweep.rungs.map(count), title: { text: 'steps', standoff: 4, font: { size: 12 } } },
      yaxis: { ...grid(), nticks: 6, title: { text: sweep.metric, standoff: 4, font: { size: 12 } } },
    });
    body.querySelector('details')?.remove();
    body.append(fold('The same as a table', grille(['Rung', 'Steps', 'Finished it', 'Went on', 'Best result'], sweep.rungs.map((steps, rung) => {
      const there = sweep.trialTable.filter(trial => trial.rungs.length > rung);
      const scores = there.map(trial => trial.rungs[rung].score).filter(score => score !== null);
      const best = scores.length ? figure(sweep.goal === 'maximise' ? Math.max(...scores) : Math.min(...scores)) : '–';
      return [rung + 1, count(steps), there.length, rung === sweep.rungs.length - 1 ? '–' : there.filter(trial => trial.rung > rung + 1).length, best];
    }), 'Rungs')));
  }

  #importance(sweep) {
    const body = this.#part('importance');
    const table = grille(['Parameter', 'Explains by itself', '', 'Chance reaches', 'Trials'], sweep.importance.parameters.toSorted((a, b) => (b.share ?? -1) - (a.share ?? -1)).map(each => {
      const bar = make('span', { className: 'share' });
      const filled = make('span', {});
      filled.style.width = `${100 * (each.share ?? 0)}%`;
      const tick = make('i', {});
      tick.style.left = `${100 * (each.chance ?? 0)}%`;
      bar.append(filled, ...(each.chance === null ? [] : [tick]));
      bar.setAttribute('aria-hidden', 'true');
      return [each.name, each.share === null ? '–' : percent(each.share), bar, each.chance === null ? '–' : percent(each.chance), each.trials];
    }), 'What each parameter explains');
    body.replaceChildren(table, make('p', {
      className: 'muted small',
      textContent: `Share of the differences between trials at ${count(sweep.importance.steps)} steps that lie between bins of the parameter (ε²). The tick is what chance alone `
        + 'reaches in one of twenty cases: nothing can be said of a parameter below it. Effects of two parameters together do not show, and a search that stays where results are good hides effects.',
    }));
  }

  #trials(sweep) {
    const body = this.#part('trials');
    const url = new URL(location.href).searchParams;
    const [key, down] = [url.get('sort')?.replace(/^-/, '') ?? 'rank', url.get('sort')?.startsWith('-') ?? false];
    const rank = new Map(this.#ranked(sweep).map((trial, index) => [trial.number, index + 1]));
    const columns = [
      ['rank', 'Rank', trial => rank.get(trial.number), true], ['trial', 'Trial', trial => trial.number, true],
      ...sweep.parameters.map(parameter => [parameter.name, parameter.name, trial => trial.parameters[parameter.name], !parameter.values]),
      ['result', 'Result', trial => trial.score, true], ['interval', '95 % interval', trial => trial.interval?.low ?? null, true],
      ['fresh', 'Fresh seeds', trial => trial.fresh?.score ?? null, true], ['steps', 'Steps', trial => trial.steps, true], ['seeds', 'Seeds', trial => trial.seeds.length, true],
      ['standing', 'Standing', trial => STANDINGS[trial.standing], false],
    ].filter(([name]) => name !== 'fresh' || sweep.trialTable.some(trial => trial.fresh));
    const value = columns.find(([name]) => name === key)?.[2] ?? columns[0][2];
    const order = (a, b) => a === null ? 1 : b === null ? -1 : typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b));
    const rows = sweep.trialTable.toSorted((a, b) => {
      const [left, right] = [value(a), value(b)];
      return (left === null || right === null || !down ? order(left, right) : -order(left, right)) || rank.get(a.number) - rank.get(b.number);
    });
    const focused = body.contains(document.activeElement) ? document.activeElement.dataset.sort : null;
    const table = make('table', { className: 'table' });
    const head = table.createTHead().insertRow();
    for (const [name, label, , number] of columns) {
      const cell = make('th', { scope: 'col', className: number ? 'right' : '' });
      if (key === name) cell.setAttribute('aria-sort', down ? 'descending' : 'ascending');
      const button = make('button', { type: 'button', className: 'sort', textContent: label });
      button.dataset.sort = name;
      if (key === name) button.append(make('span', { textContent: down ? '↓' : '↑', ariaHidden: 'true' }));
      button.addEventListener('click', () => {
        look({ sort: key === name && !down ? `-${name}` : name === 'rank' ? null : name });
        setTimeout(() => this.#trials(this.#sweep));
      });
      cell.append(button);
      head.append(cell);
    }
    const shown = table.createTBody();
    for (const trial of rows) {
      const row = shown.insertRow();
      row.dataset.trial = trial.number;
      if (trial.number === sweep.best?.number) row.className = 'best';
      for (const [name, , read, number] of columns) {
        const cell = row.insertCell();
        if (number) cell.className = 'right';
        if (name === 'trial') cell.append(String(trial.number), ...(trial.default ? [' ', make('span', { className: 'tag', textContent: 'default' })] : []));
        else if (name === 'result') cell.append(make('b', { textContent: trial.score === null ? '–' : figure(trial.score) }));
        else if (name === 'interval') cell.textContent = trial.interval ? `${figure(trial.interval.low)} to ${figure(trial.interval.high)}` : '–';
        else if (name === 'fresh') cell.textContent = fresh(trial.fresh);
        else if (name === 'steps') cell.textContent = trial.steps === null ? '–' : count(trial.steps);
        else if (name === 'seeds') cell.append(runs(trial));
        else if (name === 'standing') {
          cell.textContent = `${STANDINGS[trial.standing]}${trial.standing === 'finished' || sweep.rungs.length === 1 ? '' : `, rung ${trial.rung} of ${sweep.rungs.length}`}`;
          if (trial.reason) cell.title = trial.reason;
        } else cell.textContent = text(read(trial));
      }
      row.addEventListener('pointerenter', () => this.#light(trial.number));
      row.addEventListener('pointerleave', () => this.#light(null));
    }
    const box = make('div', { className: 'card flush scroll', tabIndex: 0, role: 'group', ariaLabel: 'Trials, table' });
    box.append(table);
    const open = new Set([...body.querySelectorAll('details[open]')].map(each => each.dataset.trial));
    body.replaceChildren(box);
    for (const each of body.querySelectorAll('details')) each.open = open.has(each.dataset.trial);
    if (focused) body.querySelector(`[data-sort="${focused}"]`)?.focus();
  }

  #light(trial) {
    for (const line of this.querySelectorAll('.coordinates polyline')) line.classList.toggle('dim', trial !== null && line.dataset.trial !== String(trial));
  }

  async #plot(Plotly, body, traces, layout, note) {
    let plot = this.#plots.get(body);
    if (!plot) {
      plot = make('div', { className: 'plot' });
      plot.setAttribute('aria-hidden', 'true');
      this.#plots.set(body, plot);
      body.replaceChildren(plot);
      if (note) body.append(make('p', { className: 'muted small' }));
    }
    if (note) body.querySelector('p').textContent = note[0].toUpperCase() + note.slice(1);
    await Plotly.react(plot, traces, {
      margin: { l: 56, r: 12, t: 8, b: 40 }, font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour('muted') },
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', showlegend: false, hovermode: 'closest', dragmode: false, width: body.clientWidth, height: 280,
      hoverlabel: { bgcolor: colour('raised'), bordercolor: colour('control'), font: { color: colour('text'), size: 12 }, align: 'left', namelength: 0 }, ...layout,
    }, { displayModeBar: false });
  }

  #purge() {
    for (const plot of this.#plots.values()) window.Plotly?.purge(plot);
    this.#plots.clear();
  }
}

const grid = () => ({ gridcolor: colour('line'), linecolor: colour('line'), zeroline: false, tickfont: { size: 12 }, ticks: '', fixedrange: true });
const escape = words => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const count = number => number.toLocaleString('en').replaceAll(',', '\u2009');
const percent = share => `${(100 * share).toFixed(0)}\u2009%`;
const fresh = evidence => !evidence ? '–' : evidence.score === null ? `0 of ${evidence.runs} done`
  : `${figure(evidence.score)}${evidence.interval ? ` (${figure(evidence.interval.low)} to ${figure(evidence.interval.high)})` : ''}, ${evidence.seeds} of ${evidence.runs}`;

function text(value) {
  if (typeof value !== 'number') return typeof value === 'string' ? value : JSON.stringify(value);
  return value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6) ? value.toExponential(2).replace(/\.?0+e/, 'e').replace('e+', 'e') : String(Number(value.toPrecision(4)));
}

const values = (sweep, trial) => sweep.parameters.map(parameter => `${escape(parameter.name)} ${escape(text(trial.parameters[parameter.name]))}`).join(', ');

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function draw(tag, attributes, words) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (words !== undefined) element.textContent = words;
  return element;
}

function part(name, title, note, ...fields) {
  const section = make('section', { className: name === 'trials' ? 'section' : 'card section' });
  section.dataset.part = name;
  section.setAttribute('aria-labelledby', `sweep-${name}`);
  const header = make('header', { className: 'row' });
  header.append(make('h2', { id: `sweep-${name}`, textContent: title }), make('span', { className: 'muted small', textContent: note }));
  if (fields.length) {
    const box = make('span', { className: 'row sweep-choices' });
    box.append(...fields);
    header.append(box);
  }
  section.append(header, make('div', { className: 'body' }));
  return section;
}

function fold(title, content) {
  const details = make('details', { className: 'fold' });
  details.append(make('summary', { textContent: title }), content);
  return details;
}

function grille(headings, rows, label) {
  const table = make('table', { className: 'table' });
  const head = table.createTHead().insertRow();
  headings.forEach((heading, index) => head.append(heading ? make('th', { scope: 'col', className: index ? 'right' : '', textContent: heading }) : make('td', {})));
  const body = table.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    cells.forEach((cell, index) => {
      const element = index === 0 ? make('th', { scope: 'row' }) : make('td', { className: cell instanceof Node ? '' : 'right' });
      element.append(cell instanceof Node ? cell : String(cell));
      row.append(element);
    });
  }
  const box = make('div', { className: 'scroll', tabIndex: 0, role: 'group', ariaLabel: `${label}, table` });
  box.append(table);
  return box;
}

function runs(trial) {
  const details = make('details', {});
  details.dataset.trial = trial.number;
  details.append(make('summary', { textContent: String(trial.seeds.length), ariaLabel: `${trial.seeds.length} seeds of trial ${trial.number}` }));
  for (const seed of trial.seeds) {
    const line = make('div', { className: 'small' });
    line.append(make('a', { href: `runs/${seed.run}`, textContent: `seed ${seed.seed}` }), ` ${seed.status}${seed.score === null ? '' : ` ${figure(seed.score)}`}${seed.added ? ', fresh' : ''}`);
    details.append(line);
  }
  return details;
}

// Places between 0 and 1 for the values of a parameter.
function axisOf(parameter, trials) {
  if (parameter.values) {
    const labels = parameter.values.map(text);
    const at = index => labels.length === 1 ? 0.5 : index / (labels.length - 1);
    const shown = labels.map((label, index) => [label, at(index)]);
    return { name: parameter.name, place: value => labels.includes(text(value)) ? at(labels.indexOf(text(value))) : null, ticks: shown.length <= 8 ? shown : [shown[0], shown.at(-1)] };
  }
  // The default may lie outside the space.
  const numbers = trials.map(trial => trial.parameters[parameter.name]).filter(Number.isFinite);
  return rangeAxis(parameter.name, [parameter.low, parameter.high, ...numbers], parameter.scale === 'log' && Math.min(...numbers) > 0);
}

function rangeAxis(name, numbers, log = false) {
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const warp = value => log ? Math.log(value) : value;
  const middle = log ? Math.sqrt(low * high) : (low + high) / 2;
  return {
    name,
    place: value => Number.isFinite(value) ? high === low ? 0.5 : (warp(value) - warp(low)) / (warp(high) - warp(low)) : null,
    ticks: high === low ? [[text(low), 0.5]] : [[text(low), 0], [text(middle), 0.5], [text(high), 1]],
  };
}

// Cells of a heat map: each value of a list or of few numbers, otherwise five parts of the range.
function cells(parameter, trials) {
  const known = trials.map(trial => trial.parameters[parameter.name]);
  const different = [...new Set(known.map(text))];
  if (parameter.values || different.length <= 8) {
    const labels = parameter.values ? parameter.values.map(text) : [...new Set(known)].sort((a, b) => a - b).map(text);
    return { labels, of: trial => labels.indexOf(text(trial.parameters[parameter.name])) };
  }
  const log = parameter.scale === 'log';
  const [warp, unwarp] = log ? [Math.log, Math.exp] : [value => value, value => value];
  const edges = Array.from({ length: 6 }, (_, index) => unwarp(warp(parameter.low) + index * (warp(parameter.high) - warp(parameter.low)) / 5));
  return {
    labels: edges.slice(1).map((edge, index) => `${text(edges[index])}–${text(edge)}`),
    of: trial => Math.min(4, Math.max(0, edges.slice(1).findIndex(edge => trial.parameters[parameter.name] <= edge))),
  };
}

function good(sweep, score, scores) {
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const share = high === low ? 1 : (score - low) / (high - low);
  return sweep.goal === 'maximise' ? share : 1 - share;
}

// From the quiet colour of controls to the accent.
function shade(share) {
  const [from, to] = ['control', 'accent'].map(token => colour(token).match(/[\d.]+/g).slice(0, 3).map(Number));
  return `rgb(${from.map((part, index) => Math.round(part + share * (to[index] - part))).join(',')})`;
}

function look(changes) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(history.state, '', url);
}

customElements.define('lab-sweep', Sweep);
