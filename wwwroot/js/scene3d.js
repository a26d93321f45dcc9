// Scenes with solids, in three dimensions: metres, z up. All pictures of a page share one WebGL context, since browsers allow few.
import * as three from '../lib/three/three.module.js';
import { OrbitControls } from '../lib/three/OrbitControls.js';

const TILE = 1; // metres from one line of the ground to the next
const REACH = 60; // half the side of a ground without end, as far as the fog lets one see
let shared = null;

function renderer() {
  if (shared) return shared;
  // Asked beforehand: the library reports a failure as an error of the page.
  if (!document.createElement('canvas').getContext('webgl2')) throw new Error('This browser cannot draw in three dimensions (WebGL 2 is off).');
  shared = new three.WebGLRenderer({ antialias: true, preserveDrawingBuffer: false });
  shared.shadowMap.enabled = true;
  shared.shadowMap.type = three.PCFShadowMap;
  shared.setPixelRatio(1);
  return shared;
}

export class Stage {
  #scene = new three.Scene();
  #camera = new three.PerspectiveCamera(38, 1, 0.02, 300);
  #sun = new three.DirectionalLight(0xffffff, 1.9);
  #sky = new three.HemisphereLight(0xffffff, 0xc8c8c8, 2.1);
  #bodies = [];
  #solids = null;
  #followed = -1;
  #at = new three.Vector3();
  #size = 1;
  #controls = null;
  #theme = null;
  #trail = null;
  #canvas;
  #onPress = () => { this.#controls.enableZoom = true; };
  #onLeave = () => { this.#controls.enableZoom = false; };

  /**
   * @param {HTMLCanvasElement | null} canvas where the pointer turns the picture; null for a picture that stands still
   * @param {() => void} changed called when the pointer moved the camera
   */
  constructor(canvas, changed) {
    renderer();
    this.#canvas = canvas;
    this.#camera.up.set(0, 0, 1);
    this.#sun.castShadow = true;
    this.#sun.shadow.mapSize.set(1024, 1024);
    this.#sun.shadow.radius = 4;
    this.#sun.shadow.bias = -0.0005;
    this.#sun.shadow.normalBias = 0.01;
    this.#scene.add(this.#sun, this.#sun.target, this.#sky);
    if (!canvas) return;
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.enablePan = false;
    this.#controls.enableDamping = false;
    // The wheel scrolls the page until somebody takes hold of the picture; a finger scrolls it upwards and downwards.
    this.#controls.enableZoom = false;
    canvas.style.touchAction = 'pan-y';
    canvas.addEventListener('pointerdown', this.#onPress);
    canvas.addEventListener('pointerleave', this.#onLeave);
    this.#controls.addEventListener('change', changed);
  }

  /** Takes the solids where they are new, and moves each to its pose. */
  place({ solids, poses, trail }) {
    if (!solids || !poses) return;
    const fresh = solids !== this.#solids;
    if (fresh) this.#build(solids);
    this.#bodies.forEach((body, index) => {
      const pose = poses.slice(7 * index, 7 * index + 7);
      body.position.set(pose[0], pose[1], pose[2]);
      body.quaternion.set(pose[4], pose[5], pose[6], pose[3]).normalize();
    });
    this.#mark(trail);
    this.#follow(fresh);
  }

  /** The point of the ground behind a point of the picture, −1 to 1 to the right and up; null in the sky. */
  ground(across, up) {
    const ray = new three.Raycaster();
    ray.setFromCamera(new three.Vector2(across, up), this.#camera);
    const at = ray.ray.intersectPlane(new three.Plane(new three.Vector3(0, 0, 1), 0), new three.Vector3());
    return at && { x: at.x, y: at.y };
  }

  /** Draws, and returns the canvas to copy from before anything else is drawn. */
  paint(width, height, colours) {
    if (this.#theme !== colours) this.#dress(colours);
    const gl = renderer();
    gl.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    gl.render(this.#scene, this.#camera);
    return gl.domElement;
  }

  dispose() {
    this.#canvas?.removeEventListener('pointerdown', this.#onPress);
    this.#canvas?.removeEventListener('pointerleave', this.#onLeave);
    this.#controls?.dispose();
    this.#clear();
    this.#sun.dispose();
    this.#sky.dispose();
  }

  // The way taken, a line just above the ground.
  #mark(trail) {
    if (this.#trail) {
      this.#scene.remove(this.#trail);
      this.#trail.geometry.dispose();
      this.#trail.material.dispose();
      this.#trail = null;
    }
    if (!trail || trail.length < 2) return;
    const points = trail.map(([x, y]) => new three.Vector3(x, y, 0.02));
    this.#trail = new three.Line(new three.BufferGeometry().setFromPoints(points), new three.LineBasicMaterial({ color: this.#theme?.trail ?? 0x808080 }));
    this.#scene.add(this.#trail);
  }

  #clear() {
    this.#mark(null);
    for (const body of this.#bodies) {
      this.#scene.remove(body);
      body.geometry.dispose();
      body.material.map?.dispose();
      body.material.dispose();
    }
    this.#bodies = [];
  }

  #build(solids) {
    this.#clear();
    this.#solids = solids;
    this.#theme = null;
    for (const solid of solids) {
      const ground = solid.kind === 'plane';
      const body = new three.Mesh(geometry(solid), new three.MeshStandardMaterial({ roughness: ground ? 1 : 0.55, metalness: 0 }));
      body.castShadow = !ground;
      body.receiveShadow = true;
      this.#bodies.push(body);
      this.#scene.add(body);
    }
    this.#followed = solids.findIndex(solid => solid.tone === 'agent' && solid.kind !== 'plane');
  }

  // Bodies lie at first where the environment put them; the camera then goes along with the agent, turned as people turned it.
  #follow(fresh) {
    const target = this.#followed < 0 ? null : this.#bodies[this.#followed].position;
    if (fresh) {
      this.#look(target);
      return;
    }
    if (!target) return;
    const jump = target.distanceTo(this.#at) > 2 * this.#size;
    // Up and down it follows slowly: a hop should be seen as one.
    const by = new three.Vector3(target.x - this.#at.x, target.y - this.#at.y, (target.z - this.#at.z) * (jump ? 1 : 0.05));
    this.#at.add(by);
    this.#camera.position.add(by);
    this.#aim();
  }

  #look(target) {
    const extent = new three.Box3();
    this.#solids.forEach((solid, index) => {
      const body = this.#bodies[index];
      body.updateMatrixWorld();
      if (solid.kind !== 'plane') extent.expandByObject(body);
    });
    const sphere = extent.isEmpty() ? new three.Sphere(new three.Vector3(), 1) : extent.getBoundingSphere(new three.Sphere());
    this.#size = Math.max(0.2, sphere.radius);
    const middle = target && sphere.center.distanceTo(target) < this.#size ? sphere.center : target ?? sphere.center;
    this.#at.copy(target ?? middle);
    this.#offset = middle.clone().sub(this.#at);
    this.#camera.position.copy(middle).add(new three.Vector3(0.35, -1, 0.32).normalize().multiplyScalar(this.#size * 3.15));
    this.#aim();
  }

  // From what is followed to the middle of the body, so that both feet and head are seen.
  #offset = new three.Vector3();

  #aim() {
    const middle = this.#at.clone().add(this.#offset);
    if (this.#controls) {
      this.#controls.target.copy(middle);
      this.#controls.update();
    } else this.#camera.lookAt(middle);
    const far = this.#size * 4;
    this.#sun.position.set(middle.x - 0.5 * far, middle.y - 0.6 * far, middle.z + far);
    this.#sun.target.position.copy(middle);
    Object.assign(this.#sun.shadow.camera, { left: -far, right: far, top: far, bottom: -far, near: far * 0.1, far: far * 4 });
    this.#sun.shadow.camera.updateProjectionMatrix();
    this.#solids?.forEach((solid, index) => {
      if (solid.kind !== 'plane' || solid.size[0] > 0) return;
      // A ground without end goes along in whole tiles: nobody sees it move.
      const body = this.#bodies[index];
      body.position.x += 2 * TILE * Math.round((middle.x - body.position.x) / (2 * TILE));
      body.position.y += 2 * TILE * Math.round((middle.y - body.position.y) / (2 * TILE));
    });
  }

  #dress(colours) {
    this.#theme = colours;
    const stage = new three.Color(colours.stage);
    this.#scene.background = stage;
    this.#scene.fog = new three.Fog(stage, this.#size * 6, Math.min(REACH, this.#size * 24));
    this.#solids?.forEach((solid, index) => {
      const { material } = this.#bodies[index];
      if (solid.kind === 'plane') {
        material.map?.dispose();
        material.map = tiles(colours, solid);
        material.color.set(0xffffff);
        material.needsUpdate = true;
      } else material.color.set(colours[solid.tone] ?? colours.muted);
    });
  }
}

function geometry({ kind, size }) {
  switch (kind) {
    case 'sphere': return new three.SphereGeometry(size[0], 32, 20);
    case 'capsule': return new three.CapsuleGeometry(size[0], 2 * size[1], 12, 28).rotateX(Math.PI / 2);
    case 'cylinder': return new three.CylinderGeometry(size[0], size[0], 2 * size[1], 40).rotateX(Math.PI / 2);
    case 'box': return new three.BoxGeometry(2 * size[0], 2 * size[1], 2 * size[2]);
    default: return new three.PlaneGeometry(2 * (size[0] || REACH), 2 * (size[1] || REACH));
  }
}

// A quiet chequerboard: what moves over it is seen to move.
function tiles(colours, { size }) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 128;
  const context = canvas.getContext('2d');
  context.fillStyle = colours.stage;
  context.fillRect(0, 0, 128, 128);
  context.fillStyle = colours.ground;
  context.globalAlpha = 0.16;
  context.fillRect(0, 0, 128, 128);
  context.globalAlpha = 0.14;
  context.fillRect(0, 0, 64, 64);
  context.fillRect(64, 64, 64, 64);
  const texture = new three.CanvasTexture(canvas);
  texture.wrapS = texture.wrapT = three.RepeatWrapping;
  texture.colorSpace = three.SRGBColorSpace;
  texture.anisotropy = 8;
  texture.repeat.set((size[0] || REACH) / TILE, (size[1] || REACH) / TILE);
  return texture;
}
