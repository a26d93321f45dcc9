// Pure functions on curves and numbers.

/** Exponential moving average without the bias of its start; holes pass through and do not move it. */
export function smooth(values, weight) {
  if (!(weight > 0)) return values;
  const result = new Float64Array(values.length);
  let sum = 0;
  let norm = 1;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (!Number.isFinite(value)) {
      result[index] = value;
      continue;
    }
    sum = weight * sum + (1 - weight) * value;
    norm *= weight;
    result[index] = sum / (1 - norm);
  }
  return result;
}

/** The range that holds all but the outermost two per cent of the values, widened a little; null for too few. */
export function withoutOutliers(series) {
  const values = series.flatMap(one => Array.from(one).filter(Number.isFinite)).sort((a, b) => a - b);
  if (values.length < 20) return null;
  const low = values[Math.floor(values.length * 0.02)];
  const high = values[Math.ceil(values.length * 0.98) - 1];
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return [low - room, high + room];
}

const thin = '\u2009';

/** A value in four figures. */
export function figure(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return 'not a number';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e7)) return value.toExponential(2).replace('-', '−').replace('e+', 'e');
  const digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4;
  const [whole, part] = value.toFixed(digits).split('.');
  const kept = part?.replace(/0+$/, '');
  return (whole.replace(/\B(?=(\d{3})+(?!\d))/g, thin) + (kept ? `.${kept}` : '')).replace('-', '−');
}

/** A count of steps or episodes: 1.2 M. */
export function count(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${trim(value / 1e9)}${thin}G`;
  if (size >= 1e6) return `${trim(value / 1e6)}${thin}M`;
  if (size >= 1e4) return `${trim(value / 1e3)}${thin}k`;
  return figure(Math.round(value));
}

/** A time span from seconds: 3 min 12 s. */
export function span(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}${thin}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}${thin}min ${whole % 60}${thin}s`;
  return `${Math.floor(whole / 3600)}${thin}h ${Math.floor((whole % 3600) / 60)}${thin}min`;
}

const trim = value => String(Number(value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)));
