// <lab-bandits src log> asks the address in src what some rules lose on a bandit, and shows it: a sentence, curves of regret with bands and the
// bound of UCB-1, and a table.
import { colour, plotly } from './chart.js';
import { announce } from './copy.js';
import { count, figure } from './curves.js';

const SMALL = 'mean over runs, with 95\u2009% intervals';
const DASHES = ['solid', 'dash', 'dot', 'dashdot'];
const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const look = index => ({ shade: `series-${index % 8 + 1}`, dash: DASHES[Math.floor(index / 8)] });

class Bandits extends HTMLElement {
  static observedAttributes = ['src', 'log'];
  #answer = null;
  #asked = null;
  #drawn = false;
  #sizes = null;
  #onTheme = () => { if (this.#answer) this.#draw(); };

  connectedCallback() {
    if (!this.firstChild) {
      const plot = make('div', { className: 'plot' });
      plot.setAttribute('aria-hidden', 'true');
      const chart = make('section', { className: 'card chart-card' });
      chart.setAttribute('aria-label', 'Regret by step');
      const header = make('header', {});
      header.append(make('h2', { textContent: 'Regret' }), make('span', { className: 'latest', textContent: SMALL }));
      chart.append(header, plot);
      const table = make('div', { className: 'card scroll', tabIndex: 0 });
      table.setAttribute('role', 'group');
      table.setAttribute('aria-label', 'Final regret and pulls, table');
      this.append(make('p', { className: 'meaning', textContent: 'Playing.' }), chart, table);
    }
    this.#sizes = new ResizeObserver(() => { if (this.#drawn) window.Plotly?.Plots.resize(this.querySelector('.plot')); });
    this.#sizes.observe(this);
    document.addEventListener('lab:theme', this.#onTheme);
    this.#load();
  }

  disconnectedCallback() {
    this.#sizes?.disconnect();
    this.#asked?.abort();
    document.removeEventListener('lab:theme', this.#onTheme);
    if (this.#drawn) window.Plotly?.purge(this.querySelector('.plot'));
    this.#drawn = false;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.isConnected || !this.firstChild) return;
    if (name === 'src') this.#load();
    else if (this.#answer) this.#draw();
  }

  async #load() {
    this.#asked?.abort();
    const asked = this.#asked = new AbortController();
    this.classList.add('waiting');
    this.setAttribute('aria-busy', 'true');
    try {
      const response = await fetch(this.getAttribute('src'), { signal: asked.signal });
      const answer = await response.json();
      if (!response.ok) throw new Error(Object.values(answer.errors ?? {}).flat().join(' ') || answer.detail);
      this.#answer = answer;
      this.querySelector('.meaning').textContent = answer.meaning;
      announce(answer.meaning);
      this.#table();
      await this.#draw();
    } catch (error) {
      if (asked.signal.aborted) return;
      this.querySelector('.meaning').textContent = error.message;
    } finally {
      if (this.#asked === asked) {
        this.classList.remove('waiting');
        this.removeAttribute('aria-busy');
      }
    }
  }

  async #draw() {
    const { steps, bound, rules, runs } = this.#answer;
    const log = this.hasAttribute('log');
    const Plotly = await plotly();
    if (!this.isConnected) return;
    const shown = log ? steps.map((step, index) => index).filter(index => steps[index] > 0) : steps.map((_, index) => index);
    const at = values => shown.map(index => log && !(values[index] > 0) ? null : values[index]);
    const x = shown.map(index => steps[index]);
    const highest = Math.max(...rules.flatMap(rule => [...rule.mean, ...rule.high].filter(Number.isFinite)), 1e-9);
    // A bound far above would press the curves flat.
    const far = !log && bound.at(-1) > 2 * highest;
    this.querySelector('.latest').textContent = bound.at(-1) === 0 ? SMALL : far ? `${SMALL}; bound of UCB-1 above the picture` : `${SMALL}; dashed: bound of UCB-1`;
    const traces = [
      ...rules.flatMap((rule, index) => {
        const { shade, dash } = look(index);
        const [low, high] = [at(rule.low), at(rule.high)];
        const banded = x.map((_, place) => place).filter(place => low[place] !== null && high[place] !== null);
        return [
          {
            x: [...banded.map(place => x[place]), ...banded.toReversed().map(place => x[place])],
            y: [...banded.map(place => high[place]), ...banded.toReversed().map(place => low[place])],
            type: 'scatter', mode: 'lines', line: { width: 0 }, fill: 'toself', fillcolor: colour(shade), opacity: 0.16, hoverinfo: 'skip',
          },
          {
            x, y: at(rule.mean), type: 'scatter', mode: 'lines', line: { color: colour(shade), width: 2, dash },
            customdata: shown.map(ruleAt => rule.low[ruleAt] === null ? '' : ` (${figure(rule.low[ruleAt])} to ${figure(rule.high[ruleAt])})`),
            hovertemplate: `${escape(rule.name)}<br><b>%{y:.4~g}</b>%{customdata} after %{x:,} steps, ${runs} runs<extra></extra>`,
          },
        ];
      }),
      {
        x, y: at(bound), type: 'scatter', mode: 'lines', line: { color: colour('muted'), width: 1.5, dash: 'dash' }, visible: bound.at(-1) > 0 && !far,
        hovertemplate: 'Bound of UCB-1<br><b>%{y:.4~g}</b> after %{x:,} steps<extra></extra>',
      },
    ];
    const grid = { gridcolor: colour('line'), linecolor: colour('line'), zeroline: false, tickfont: { size: 12 }, ticks: '', fixedrange: true };
    const range = log ? { autorange: true } : { range: [0, Math.max(highest, far ? 0 : bound.at(-1)) * 1.06], autorange: false };
    await Plotly.react(this.querySelector('.plot'), traces, {
      margin: { l: 52, r: 12, t: 8, b: 40 }, font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour('muted') },
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', showlegend: false, hovermode: 'closest', dragmode: false,
      hoverlabel: { bgcolor: colour('raised'), bordercolor: colour('control'), font: { color: colour('text'), size: 12 }, align: 'left', namelength: 0 },
      xaxis: { ...grid, showgrid: false, showline: true, type: log ? 'log' : 'linear', ...(log ? { dtick: 1 } : { nticks: 7 }), tickformat: '~s', title: { text: 'steps', standoff: 4, font: { size: 12 } } },
      yaxis: { ...grid, type: log ? 'log' : 'linear', ...(log ? { dtick: 1 } : { nticks: 6 }), title: { text: 'regret (rewards)', standoff: 4, font: { size: 12 } }, ...range },
    }, { displayModeBar: false, doubleClick: false });
    this.#drawn = true;
  }

  #table() {
    const { arms, rules, bound, horizon } = this.#answer;
    const table = make('table', { className: 'table' });
    const head = table.createTHead().insertRow();
    const best = Math.max(...arms);
    for (const [index, label] of ['Rule', 'Regret', 'Standard error', ...arms.map(arm => `Pulls of ${arm}${arm === best ? ' (best)' : ''}`)].entries())
      head.append(make('th', { scope: 'col', className: index ? 'right' : '', textContent: label }));
    const body = table.createTBody();
    for (const [index, rule] of rules.entries()) {
      const row = body.insertRow();
      const name = make('th', { scope: 'row' });
      const swatch = make('span', { className: 'swatch' });
      swatch.style.background = `var(--${look(index).shade})`;
      name.append(swatch, rule.name);
      row.append(name);
      for (const text of [spaced(rule.regret.toFixed(1)), rule.standardError === null ? '–' : rule.standardError.toFixed(2), ...rule.pulls.map(pulls => number(pulls))])
        row.append(make('td', { className: 'right', textContent: text }));
    }
    if (bound.at(-1) > 0) {
      const row = body.insertRow();
      const name = make('th', { scope: 'row' });
      name.append(make('span', { className: 'muted', textContent: '┄ ' }), `Bound of UCB-1 at ${count(horizon)} steps`);
      row.append(name, make('td', { className: 'right', textContent: spaced(bound.at(-1).toFixed(1)) }));
      const rest = make('td', {});
      rest.colSpan = 1 + arms.length;
      row.append(rest);
    }
    this.querySelector('.card.scroll').replaceChildren(table);
  }
}

const spaced = text => text.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');
const number = value => spaced(value >= 100 ? value.toFixed(0) : value.toFixed(1));

function make(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

customElements.define('lab-bandits', Bandits);
