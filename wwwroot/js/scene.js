// Draws scenes, in the JSON form of SceneFormat.cs, onto a canvas. Tones are the --tone-* tokens of app.css, read again when the theme changes.
//
//   const view = new SceneView(element);   the element gets a canvas that fills it and follows its size
//   view.show(scene);                      a scene may leave out width, height and solids: it keeps those of the scene before
//   view.snapshot(640, 480);               the same picture on a new, opaque canvas of that many pixels
//   view.placeAt(event.clientX, event.clientY);   where that is: in the scene's units, or in metres on the ground; null off it
//   await view.ready;                      scenes with solids need a library, which loads with the first of them
//   view.dispose();
const TONES = ['agent', 'goal', 'object', 'ground', 'hazard', 'wall', 'trail', 'red', 'green', 'blue', 'yellow', 'purple', 'orange', 'cyan'];
const CAPTION = 24;
let known = null;
document.addEventListener('lab:theme', () => { known = null; });

/** The tokens as colours that a canvas understands: light-dark() is resolved by the browser. */
export function colours() {
  if (known) return known;
  const probe = document.createElement('i');
  probe.style.display = 'none';
  document.documentElement.append(probe);
  const of = token => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const read = { stage: of('stage'), text: of('text'), muted: of('muted'), font: getComputedStyle(document.documentElement).fontFamily };
  for (const tone of TONES) read[tone] = of(`tone-${tone}`);
  probe.remove();
  return known = read;
}

export class SceneView {
  #element;
  #canvas = document.createElement('canvas');
  #scene = null;
  #captioned = false;
  #stage = null;
  #loading = null;
  #planned = 0;
  #flat = null;
  #still;
  #sizes;
  #onTheme = () => this.#plan();

  /**
   * @param {HTMLElement} element gets the canvas; its size is its own affair
   * @param {{still?: boolean}} options still: the picture never moves, so that nothing turns it by hand
   */
  constructor(element, { still = false } = {}) {
    this.#element = element;
    this.#still = still;
    this.#canvas.className = 'scene';
    element.append(this.#canvas);
    this.#sizes = new ResizeObserver(() => this.#paint());
    this.#sizes.observe(element);
    document.addEventListener('lab:theme', this.#onTheme);
  }

  /** Settles when everything that the scene shown last needs is there. */
  get ready() {
    return this.#loading ?? Promise.resolve();
  }

  /** The scene as it is drawn, with what it kept from those before. */
  get scene() {
    return this.#scene;
  }

  show(scene) {
    const before = this.#scene;
    this.#scene = {
      ...scene,
      width: scene.width ?? before?.width ?? 1,
      height: scene.height ?? before?.height ?? 1,
      solids: scene.solids ?? (scene.poses ? before?.solids : undefined),
    };
    this.#captioned ||= Boolean(scene.caption);
    if (this.#scene.solids) this.#load();
    this.#stage?.place(this.#scene);
    this.#plan();
  }

  /** The picture on a new opaque canvas. */
  snapshot(width, height) {
    const copy = document.createElement('canvas');
    copy.width = Math.round(width);
    copy.height = Math.round(height);
    const context = copy.getContext('2d');
    context.fillStyle = colours().stage;
    context.fillRect(0, 0, copy.width, copy.height);
    this.#draw(context, copy.width, copy.height, Math.max(1, copy.height / 360));
    return copy;
  }

  /** The place of the scene that is drawn at a point of the page; with solids, the point of the ground. */
  placeAt(clientX, clientY) {
    const box = this.#canvas.getBoundingClientRect();
    if (!this.#scene || !(box.width > 0 && box.height > 0)) return null;
    const [across, down] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    if (this.#scene.solids) return this.#stage?.ground?.(2 * across - 1, 1 - 2 * down) ?? null;
    if (!this.#flat) return null;
    const { x0, y0, scale } = this.#flat;
    return { x: (across * this.#canvas.width - x0) / scale, y: (y0 - down * this.#canvas.height) / scale };
  }

  dispose() {
    cancelAnimationFrame(this.#planned);
    this.#sizes.disconnect();
    document.removeEventListener('lab:theme', this.#onTheme);
    this.#stage?.dispose();
    this.#stage = null;
    this.#scene = null;
    this.#canvas.remove();
  }

  #load() {
    this.#loading ??= import('./scene3d.js').then(({ Stage }) => {
      if (!this.#scene) return;
      this.#stage = new Stage(this.#still ? null : this.#canvas, () => this.#plan());
      this.#stage.place(this.#scene);
    }).catch(error => {
      this.#stage = { failed: error.message, place() {}, dispose() {} };
    }).then(() => this.#plan());
  }

  // Many scenes in one frame make one picture.
  #plan() {
    if (this.#planned || !this.#scene) return;
    this.#planned = requestAnimationFrame(() => {
      this.#planned = 0;
      this.#paint();
    });
  }

  #paint() {
    if (!this.#scene || !this.#element.isConnected) return;
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    const [width, height] = [Math.round(this.#element.clientWidth * ratio), Math.round(this.#element.clientHeight * ratio)];
    if (width < 1 || height < 1) return;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const context = this.#canvas.getContext('2d');
    context.clearRect(0, 0, width, height);
    this.#flat = this.#draw(context, width, height, ratio);
  }

  #draw(context, width, height, ratio) {
    const scene = this.#scene;
    if (!scene) return null;
    let flat = null;
    const foot = this.#captioned ? Math.round(CAPTION * ratio) : 0;
    if (scene.solids) this.#drawSolids(context, width, height, ratio);
    else {
      const edge = Math.round(Math.min(16 * ratio, Math.min(width, height) / 16));
      flat = drawFlat(context, scene, edge, edge, width - 2 * edge, height - 2 * edge - foot, ratio);
    }
    if (scene.caption) {
      context.fillStyle = colours().muted;
      context.font = `${12 * ratio}px ${colours().font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(scene.caption, width / 2, height - foot / 2 - 2 * ratio, width - 16 * ratio);
    }
    return flat;
  }

  #drawSolids(context, width, height, ratio) {
    if (this.#stage?.failed) {
      context.fillStyle = colours().muted;
      context.font = `${13 * ratio}px ${colours().font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(this.#stage.failed, width / 2, height / 2, width - 16 * ratio);
    } else if (this.#stage) context.drawImage(this.#stage.paint(width, height, colours()), 0, 0, width, height);
  }
}

/** Draws a scene without solids as large as it fits into a rectangle of pixels; returns where its lower left corner and how large its unit is. */
function drawFlat(context, scene, left, top, width, height, ratio) {
  const scale = Math.min(width / scene.width, height / scene.height);
  if (!(scale > 0)) return null;
  // The lower left corner in pixels, on whole ones: cells then meet without seams.
  const x0 = Math.round(left + (width - scale * scene.width) / 2);
  const y0 = Math.round(top + (height + scale * scene.height) / 2);
  const frame = { x: x => x0 + scale * x, y: y => y0 - scale * y, scale, ratio };
  context.save();
  if (scene.image) drawImage(context, scene.image, x0, y0, scale * scene.width, scale * scene.height);
  context.lineCap = 'round';
  context.lineJoin = 'round';
  for (const shape of scene.shapes ?? []) drawShape(context, shape, frame);
  context.restore();
  return { x0, y0, scale };
}

function drawShape(context, shape, frame) {
  const { points, kind } = shape;
  const thickness = shape.thickness ?? 0;
  context.globalAlpha = shape.opacity ?? 1;
  context.fillStyle = context.strokeStyle = colours()[shape.tone] ?? colours().muted;
  context.lineWidth = Math.max(frame.ratio, thickness * frame.scale);
  if (kind === 'text') {
    context.font = `600 ${thickness * frame.scale}px ${colours().font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(shape.label ?? '', frame.x(points[0]), frame.y(points[1]));
    return;
  }
  context.beginPath();
  if (kind === 'circle') {
    const radius = Math.hypot(points[2] - points[0], points[3] - points[1]) * frame.scale;
    context.arc(frame.x(points[0]), frame.y(points[1]), radius, 0, 2 * Math.PI);
  } else if (kind === 'cells') {
    for (let index = 0; index < points.length; index += 2) {
      const [left, right] = [Math.round(frame.x(points[index])), Math.round(frame.x(points[index] + 1))];
      const [bottom, top] = [Math.round(frame.y(points[index + 1])), Math.round(frame.y(points[index + 1] + 1))];
      context.rect(left, top, right - left, bottom - top);
    }
  } else {
    for (let index = 0; index < points.length; index += 2) {
      if (index === 0) context.moveTo(frame.x(points[0]), frame.y(points[1]));
      else context.lineTo(frame.x(points[index]), frame.y(points[index + 1]));
    }
    if (kind === 'polygon') context.closePath();
  }
  if (kind === 'line' || thickness > 0) context.stroke();
  else context.fill();
}

// A small canvas of the bitmap's own size, enlarged without smoothing.
const pixels = document.createElement('canvas');
function drawImage(context, image, left, bottom, width, height) {
  pixels.width = image.columns;
  pixels.height = image.rows;
  const data = new ImageData(image.columns, image.rows);
  const bytes = atob(image.rgb);
  for (let pixel = 0, byte = 0; pixel < data.data.length; pixel += 4) {
    data.data[pixel] = bytes.charCodeAt(byte++);
    data.data[pixel + 1] = bytes.charCodeAt(byte++);
    data.data[pixel + 2] = bytes.charCodeAt(byte++);
    data.data[pixel + 3] = 255;
  }
  pixels.getContext('2d').putImageData(data, 0, 0);
  context.imageSmoothingEnabled = width < image.columns || height < image.rows;
  context.drawImage(pixels, left, bottom - height, width, height);
}
