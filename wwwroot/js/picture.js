// <lab-picture src> shows the still picture of an environment; fetched when it comes on screen.
import { SceneView } from './scene.js';
import { unwatch, watch } from './visible.js';

const known = new Map();

/** The first scene of an environment; one request serves every picture of it on the page. */
export function still(address) {
  let scene = known.get(address);
  if (!scene) {
    scene = fetch(address).then(response => {
      if (!response.ok) throw new Error(`${response.status}`);
      return response.json();
    });
    scene.catch(() => known.delete(address));
    known.set(address, scene);
  }
  return scene;
}

class Picture extends HTMLElement {
  static observedAttributes = ['src'];
  #view = null;
  #onScreen = false;

  connectedCallback() {
    this.setAttribute('aria-hidden', 'true');
    watch(this);
  }

  disconnectedCallback() {
    unwatch(this);
    this.#onScreen = false;
    this.#drop();
  }

  attributeChangedCallback() {
    this.#drop();
    if (this.#onScreen) this.#draw();
  }

  seen(onScreen) {
    this.#onScreen = onScreen;
    if (onScreen && !this.#view) this.#draw();
  }

  async #draw() {
    const address = this.getAttribute('src');
    if (!address) return;
    try {
      const scene = await still(address);
      if (this.#view || !this.isConnected || address !== this.getAttribute('src')) return;
      this.#view = new SceneView(this, { still: true });
      this.#view.show({ ...scene, caption: undefined });
    } catch {
      this.classList.add('none');
    }
  }

  #drop() {
    this.#view?.dispose();
    this.#view = null;
  }
}

customElements.define('lab-picture', Picture);
