// Replays over HTTP: which ones a run has, and one of them with everything that its frames leave to those before.
import { columns } from './columns.js';

const PREFIX = 'replays/';
const KEPT = 6;
const fetched = new Map();

/** The replays of a run by rising step, each with the mean return of its evaluation; null where the run is gone. */
export async function list(run) {
  const response = await fetch(`/api/v1/runs/${run}/artifacts`, { cache: 'no-store' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`The server answered ${response.status} for the list of replays.`);
  const { items } = await response.json();
  const replays = items.filter(item => item.name.startsWith(PREFIX)).map(item => ({
    step: Number(item.name.slice(PREFIX.length, -'.json'.length)),
    address: `/api/v1/runs/${run}/artifacts/${item.name}`,
    stamp: item.createdAt,
    mean: null,
  }));
  if (!replays.length) return replays;
  const means = await columns(run, 'return/evaluation', { points: 100000, aggregate: 'raw' });
  const at = new Map(Array.from(means?.x ?? [], (step, index) => [step, means.value[index]]));
  for (const replay of replays) replay.mean = at.get(replay.step) ?? null;
  return replays;
}

/** One replay, ready to be shown from any frame. The last few are kept. */
export function load(replay) {
  const key = `${replay.address} ${replay.stamp}`;
  let known = fetched.get(key);
  fetched.delete(key);
  known ??= read(replay.address);
  fetched.set(key, known);
  known.catch(() => fetched.delete(key));
  if (fetched.size > KEPT) fetched.delete(fetched.keys().next().value);
  return known;
}

async function read(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(response.status === 404 ? 'This replay is not there any more.' : `The server answered ${response.status} for the replay.`);
  const replay = await response.json();
  if (replay.version !== 1) throw new Error('This replay was recorded by another version of the lab.');
  for (const episode of replay.episodes) {
    episode.frames = unfold(episode.frames);
    episode.totals = totals(episode.rewards);
  }
  return replay;
}

/** Frames leave out what stays as it was; a frame that is jumped to needs it. */
export function unfold(frames) {
  let before = {};
  return frames.map(frame => {
    before = {
      ...frame,
      width: frame.width ?? before.width,
      height: frame.height ?? before.height,
      ...(frame.poses ? { solids: frame.solids ?? before.solids } : {}),
    };
    return before;
  });
}

/** The return so far before the first step and after each. */
export function totals(rewards) {
  const sums = new Float64Array(rewards.length + 1);
  rewards.forEach((reward, index) => { sums[index + 1] = sums[index] + (reward ?? 0); });
  return sums;
}

/** Which frame shows the state after some steps. */
export function frameAt(episode, step) {
  return step >= episode.length ? episode.frames.length - 1 : Math.min(episode.frames.length - 1, Math.floor(step / episode.frameEvery));
}
