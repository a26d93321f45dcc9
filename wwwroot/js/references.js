// What is drawn beside curves: published figures as dashed lines, pinned baselines as muted curves with their bands. None of it is counted.
import { colour } from './chart.js';
import { figure } from './curves.js';

const DASHES = { table: 'dash', 'log file': 'dashdot', baseline: 'longdash' };
const FRESH = 60000;
const known = new Map();

/**
 * Reads what an attribute says, and the curves of baselines.
 * @param {string | null} text JSON list of {name, value or curve, figure, steps, source, trust}.
 * @param {string} metric Name of the metric drawn.
 * @param {string} axis steps, episodes or seconds.
 */
export async function prepare(text, metric, axis) {
  const lines = JSON.parse(text || '[]');
  return (await Promise.all(lines.map(async line => {
    if (!line.curve) return [line];
    const groups = await curves(`${line.curve}&metric=${encodeURIComponent(metric)}&x=${axis}`);
    return groups.map(group => ({ ...line, name: group.label, group }));
  }))).flat();
}

/**
 * What plotly draws of them.
 * @param {object[]} lines What prepare gave.
 * @param {{ from: number, to: number, axis: string, log: boolean, low: number, high: number, unit: string }} view Extent of the chart's own curves.
 */
export function picture(lines, { from, to, axis, log, low, high, unit }) {
  const shade = colour('muted');
  const drawable = lines.filter(line => line.group || !log || line.value > 0);
  const traces = drawable.flatMap(line => line.group ? curve(line, shade, unit) : [level(line, from, to, axis, shade)]);
  const heights = drawable.map(line => line.group ? last(line.group.curve) : line.value);
  const [floor, roof] = [Math.min(low, ...heights), Math.max(high, ...heights)];
  const room = (log ? Math.log10(roof / Math.max(floor, 1e-12)) : roof - floor) * 0.055;
  const taken = [[], []];
  const annotations = [];
  for (const { line, height } of drawable.map((line, index) => ({ line, height: heights[index] })).sort((a, b) => a.height - b.height)) {
    const y = log ? Math.log10(height) : height;
    if (!Number.isFinite(y)) continue;
    // High ones at the left and low ones at the right, where learning curves seldom are; a name that fits on neither side is left to the table.
    const middle = log ? Math.log10(Math.max(floor, 1e-12) * roof) / 2 : (floor + roof) / 2;
    const side = (y < middle ? [1, 0] : [0, 1]).find(each => taken[each].every(place => Math.abs(place - y) >= room));
    if (side === undefined) continue;
    taken[side].push(y);
    annotations.push({
      xref: 'paper', x: side, xanchor: side ? 'right' : 'left', y, yanchor: 'bottom', showarrow: false, borderpad: 0,
      text: `${escape(short(line.name))} ${line.group ? '' : figure(line.value)}`, font: { size: 11, color: shade }, bgcolor: colour('surface'), opacity: 0.9,
    });
  }
  return { traces, annotations };
}

/** The same for those who hear it. */
export const words = lines => lines.length === 0 ? '' : ` Beside it: ${lines.map(line =>
  `${line.name} ${figure(line.group ? last(line.group.curve) : line.value)}, ${line.trust}`).join('. ')}.`;

function level(line, from, to, axis, shade) {
  const places = 60;
  const x = Array.from({ length: places + 1 }, (_, index) => from + (to - from) * index / places);
  const marked = axis === 'steps' && line.steps !== null && line.steps >= from && line.steps <= to;
  if (marked) x.push(line.steps);
  x.sort((a, b) => a - b);
  return {
    x, y: x.map(() => line.value), meta: { run: null, reference: line.id }, type: 'scatter', mode: marked ? 'lines+markers' : 'lines',
    line: { color: shade, width: 1.25, dash: DASHES[line.trust] ?? 'dot' },
    marker: { color: shade, size: x.map(place => marked && place === line.steps ? 8 : 0), symbol: 'diamond', opacity: x.map(place => place === line.steps ? 1 : 0) },
    hovertemplate: `${escape(line.name)}<br><b>${escape(line.figure)}</b>${line.steps ? ` at ${line.steps.toLocaleString('en').replaceAll(',', '\u2009')} steps` : ''}`
      + `<br>${escape(wrapped(line.source))}<br>${escape(line.trust)}<extra></extra>`,
  };
}

function curve(line, shade, unit) {
  const { x, y, low, high, n } = line.group.curve;
  const banded = x.map((_, index) => index).filter(index => low[index] !== null);
  const meta = { run: null, reference: line.id };
  return [
    {
      x: [...banded.map(index => x[index]), ...banded.toReversed().map(index => x[index])],
      y: [...banded.map(index => high[index]), ...banded.toReversed().map(index => low[index])],
      meta, type: 'scatter', mode: 'lines', line: { width: 0 }, fill: 'toself', fillcolor: shade, opacity: 0.14, hoverinfo: 'skip',
    },
    {
      x, y, meta, customdata: n, type: 'scatter', mode: 'lines', line: { color: shade, width: 1.5, dash: DASHES.baseline }, connectgaps: false,
      hovertemplate: `${escape(line.name)}, baseline<br><b>%{y:.5~g}</b> at %{x:,.0f} ${unit}<br>mean of %{customdata} seeds<extra></extra>`,
    },
  ];
}

// A chart redraws every second; a baseline changes seldom.
async function curves(address) {
  const entry = known.get(address);
  if (entry && Date.now() - entry.time < FRESH) return entry.groups;
  const groups = fetch(address).then(async response => response.ok ? (await response.json()).groups : []).catch(() => []);
  known.set(address, { time: Date.now(), groups });
  return groups;
}

const last = ({ y }) => y.findLast(value => value !== null) ?? NaN;
const short = text => text.length > 34 ? `${text.slice(0, 33)}…` : text;
const escape = text => String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('\n', '<br>');
const wrapped = text => text.replace(/(.{40,60}) /g, '$1\n');
