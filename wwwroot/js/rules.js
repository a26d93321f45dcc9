// <lab-rule-import> sends the file of a learned rule to the API and shows every fault with its place.
const LIMIT = 8 * 1024 * 1024;

class RuleImport extends HTMLElement {
  #file = null;

  connectedCallback() {
    this.addEventListener('change', event => { if (event.target.matches('[data-file]')) this.#choose(event.target.files[0]); });
    this.addEventListener('click', event => { if (event.target.closest('[data-store]')) this.#send(); });
    for (const kind of ['dragover', 'drop']) this.addEventListener(kind, event => {
      event.preventDefault();
      if (kind === 'drop' && event.dataTransfer.files.length) this.#choose(event.dataTransfer.files[0]);
    });
  }

  #choose(file) {
    this.#file = file ?? null;
    this.#button.disabled = !file;
    if (!file) this.#result.replaceChildren();
    else this.#say(null, `${file.name} is chosen.`);
  }

  get #button() { return this.querySelector('[data-store]'); }

  get #result() { return this.querySelector('[data-result]'); }

  async #send() {
    const file = this.#file;
    if (!file) return;
    if (file.size > LIMIT) return this.#say('failed', `${file.name} has ${(file.size / 1024 / 1024).toFixed(0)} MiB; the file of a rule has at most ${LIMIT / 1024 / 1024} MiB.`);
    this.#button.disabled = true;
    this.#say(null, 'Importing');
    try {
      const response = await fetch('/api/v1/rules', { method: 'POST', body: await file.arrayBuffer(), headers: { 'Content-Type': 'application/json' } });
      const answer = await response.json();
      if (response.ok) return window.Blazor.navigateTo(`rules/${answer.id}`);
      const faults = Object.entries(answer.errors ?? {}).flatMap(([place, messages]) => messages.map(message => [place || 'the whole file', message]));
      this.#say('failed', `${file.name} was not imported. ${answer.detail}`);
      if (faults.length) this.#result.append(table(faults));
    } catch (error) {
      this.#say('failed', `${file.name} could not be sent: ${error.message}`);
    } finally {
      this.#button.disabled = !this.#file;
    }
  }

  #say(kind, text) {
    const note = Object.assign(document.createElement('p'), { textContent: text, className: kind ? `notice ${kind}` : 'notice' });
    note.setAttribute('role', kind ? 'alert' : 'status');
    this.#result.replaceChildren(note);
  }
}

function table(faults) {
  const frame = Object.assign(document.createElement('div'), { className: 'card scroll', tabIndex: 0 });
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', 'Faults, table');
  const grid = Object.assign(document.createElement('table'), { className: 'table stacked' });
  const head = grid.createTHead().insertRow();
  for (const word of ['Place', 'What is wrong']) head.append(Object.assign(document.createElement('th'), { scope: 'col', textContent: word }));
  const body = grid.createTBody();
  for (const [place, message] of faults) {
    const row = body.insertRow();
    row.insertCell().append(Object.assign(document.createElement('code'), { textContent: place }));
    Object.assign(row.insertCell(), { textContent: message, className: 'wrap' });
  }
  frame.append(grid);
  return frame;
}

customElements.define('lab-rule-import', RuleImport);
