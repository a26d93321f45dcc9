// Pictures that leave the page: a frame as PNG, an episode as GIF or WebM. They are drawn by views of their own, so that watching goes on.
import { colours, SceneView } from './scene.js';
import { frameAt } from './replays.js';

const [WIDTH, HEIGHT, FOOT] = [480, 320, 28];
const MOST_FRAMES = 400;
const LONGEST_VIDEO = 60;

/** The same panes on one canvas, side by side, at any step. */
class Sheet {
  #parts;
  canvas = document.createElement('canvas');

  constructor(panes, scale = 1) {
    this.scale = scale;
    this.#parts = panes.map(pane => ({ episode: pane.episode, caption: pane.caption, view: new SceneView(document.createElement('div'), { still: true }) }));
    this.canvas.width = panes.length * WIDTH * scale;
    this.canvas.height = (HEIGHT + FOOT) * scale;
    this.context = this.canvas.getContext('2d', { willReadFrequently: true });
  }

  async ready() {
    for (const { view, episode } of this.#parts) view.show(episode.frames[0]);
    await Promise.all(this.#parts.map(({ view }) => view.ready));
  }

  draw(step) {
    const { context, scale } = this;
    context.fillStyle = colours().stage;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    this.#parts.forEach(({ episode, caption, view }, index) => {
      const left = index * WIDTH * scale;
      view.show(episode.frames[frameAt(episode, Math.floor(step))]);
      context.drawImage(view.snapshot(WIDTH * scale, HEIGHT * scale), left, 0);
      context.fillStyle = colours().muted;
      context.font = `${12 * scale}px ${colours().font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(caption, left + WIDTH * scale / 2, (HEIGHT + FOOT / 2) * scale, (WIDTH - 16) * scale);
    });
    return this.canvas;
  }

  dispose() {
    for (const { view } of this.#parts) view.dispose();
  }
}

const length = panes => Math.max(...panes.map(pane => pane.episode.length));

/** A blob of the picture after some steps. */
export async function png(panes, step) {
  const sheet = new Sheet(panes, 2);
  try {
    await sheet.ready();
    return await new Promise(resolve => sheet.draw(step).toBlob(resolve, 'image/png'));
  } finally {
    sheet.dispose();
  }
}

/** An animated GIF. Its frames last at least 20 ms, which is what browsers can show. */
export async function gif(panes, rate, progress, signal) {
  const { GIFEncoder, quantize, applyPalette } = await import('../lib/gifenc.js');
  const sheet = new Sheet(panes);
  try {
    await sheet.ready();
    const end = length(panes);
    const stride = Math.max(rate / 20, end / MOST_FRAMES, ...panes.map(pane => Math.min(pane.episode.frameEvery, end)));
    const steps = [];
    for (let step = 0; step < end; step += stride) steps.push(step);
    steps.push(end);
    const pixels = step => sheet.draw(step).getContext('2d').getImageData(0, 0, sheet.canvas.width, sheet.canvas.height).data;
    const palette = quantize(await sample(steps, pixels), 256);
    const encoder = GIFEncoder();
    const delay = Math.max(20, Math.round(100 * stride / rate) * 10);
    for (const [index, step] of steps.entries()) {
      if (signal.aborted) return null;
      encoder.writeFrame(applyPalette(pixels(step), palette), sheet.canvas.width, sheet.canvas.height, {
        ...(index === 0 ? { palette, repeat: 0 } : {}), delay: index === steps.length - 1 ? 1000 : delay,
      });
      progress((index + 1) / steps.length);
      if (index % 4 === 0) await pause(0);
    }
    encoder.finish();
    return new Blob([encoder.bytes()], { type: 'image/gif' });
  } finally {
    sheet.dispose();
  }
}

// Pixels of some frames, from which one palette for all is made.
async function sample(steps, pixels) {
  const chosen = [0, 0.25, 0.5, 0.75, 1].map(share => steps[Math.round(share * (steps.length - 1))]);
  const parts = chosen.map(pixels);
  const all = new Uint8ClampedArray(parts.length * parts[0].length);
  parts.forEach((part, index) => all.set(part, index * part.length));
  return all;
}

/** Kinds of video that this browser records, best first; none where it records none. */
export const videoTypes = () => typeof MediaRecorder === 'undefined' || !HTMLCanvasElement.prototype.captureStream
  ? []
  : ['video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm'].filter(type => MediaRecorder.isTypeSupported(type));

/** A video, recorded while it plays; one longer than a minute is played faster. */
export async function webm(panes, rate, progress, signal) {
  const sheet = new Sheet(panes, 2);
  try {
    await sheet.ready();
    const end = length(panes);
    const seconds = Math.min(LONGEST_VIDEO, Math.max(0.5, end / rate));
    const recorder = new MediaRecorder(sheet.draw(0).captureStream(30), { mimeType: videoTypes()[0], videoBitsPerSecond: 4_000_000 });
    const parts = [];
    recorder.ondataavailable = event => { if (event.data.size) parts.push(event.data); };
    const stopped = new Promise((resolve, reject) => {
      recorder.onstop = resolve;
      recorder.onerror = event => reject(event.error ?? new Error('The browser could not record the video.'));
    });
    recorder.start(500);
    const begun = performance.now();
    for (let share = 0; share < 1 && !signal.aborted;) {
      share = Math.min(1, (performance.now() - begun) / 1000 / seconds);
      sheet.draw(share * end);
      progress(share);
      await pause(33);
    }
    // The end stays in sight for a moment.
    for (let frame = 0; frame < 10 && !signal.aborted; frame++) {
      sheet.draw(end);
      await pause(33);
    }
    recorder.stop();
    await stopped;
    return signal.aborted ? null : new Blob(parts, { type: 'video/webm' });
  } finally {
    sheet.dispose();
  }
}

export function download(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
