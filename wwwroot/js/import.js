// <lab-import> reads files of curves: it asks the API what it recognises, shows that with every fault, and stores the runs on a second wish.
const LIMIT = 32 * 1024 * 1024;

class Import extends HTMLElement {
  #files = [];
  #asked = null;
  #later = null;

  connectedCallback() {
    this.addEventListener('change', event => {
      if (event.target.matches('[data-files]')) this.#files = Array.from(event.target.files);
      this.#preview();
    });
    this.addEventListener('input', event => {
      if (event.target.matches('[data-files]')) return;
      clearTimeout(this.#later);
      this.#later = setTimeout(() => this.#preview(), 400);
    });
    this.addEventListener('click', event => { if (event.target.closest('[data-store]')) this.#send(false); });
    for (const kind of ['dragover', 'drop']) this.addEventListener(kind, event => {
      event.preventDefault();
      if (kind === 'drop' && event.dataTransfer.files.length) {
        this.#files = Array.from(event.dataTransfer.files);
        this.#preview();
      }
    });
  }

  disconnectedCallback() {
    this.#asked?.abort();
    clearTimeout(this.#later);
  }

  get #button() { return this.querySelector('[data-store]'); }

  #preview() {
    clearTimeout(this.#later);
    if (this.#files.length) this.#send(true);
  }

  async #send(preview) {
    this.#asked?.abort();
    const asked = this.#asked = new AbortController();
    const result = this.querySelector('[data-result]');
    this.#button.disabled = true;
    const size = this.#files.reduce((sum, file) => sum + file.size, 0);
    if (size > LIMIT) return this.#say(result, 'failed', `The files have ${(size / 1024 / 1024).toFixed(0)} MiB together; at most ${LIMIT / 1024 / 1024} MiB go in one import. Split them by run, or leave out metrics.`);
    const query = new URLSearchParams();
    for (const field of this.querySelectorAll('[data-option]')) if (field.value.trim()) query.set(field.dataset.option, field.value.trim());
    if (preview) query.set('preview', 'true');
    const body = new FormData();
    for (const file of this.#files) body.append('file', file, file.name);
    if (!preview) this.#say(result, null, 'Storing');
    try {
      const response = await fetch(`api/v1/runs/import?${query}`, { method: 'POST', body, signal: asked.signal });
      const answer = await response.json();
      if (!response.ok) {
        const errors = Object.entries(answer.errors ?? {}).map(([place, messages]) => `${place.slice(1)}: ${messages.join(' ')}`);
        return this.#say(result, 'failed', [answer.detail, ...errors].join(' '));
      }
      this.#show(result, answer);
      this.#button.disabled = !preview || answer.files.some(file => file.problemCount) || !answer.files.some(file => file.runs.some(run => run.state === 'new'));
    } catch (error) {
      if (!asked.signal.aborted) this.#say(result, 'failed', `The files could not be sent: ${error.message}`);
    }
  }

  #show(result, answer) {
    result.replaceChildren();
    const faults = answer.files.reduce((sum, file) => sum + file.problemCount, 0);
    const fresh = answer.files.flatMap(file => file.runs).filter(run => run.state === 'new').length;
    const plural = (count, noun) => `${count.toLocaleString('en').replaceAll(',', '\u2009')} ${noun}${count === 1 ? '' : 's'}`;
    const existing = answer.existing ? ` ${plural(answer.existing, 'run')} of the same content ${answer.existing === 1 ? 'is' : 'are'} in the lab already.` : '';
    this.#say(result, faults ? 'failed' : null, answer.preview
      ? faults ? `${plural(faults, 'place')} must be mended first; nothing can be stored.` : `${plural(fresh, 'new run')} with ${plural(answer.points, 'point')}.${existing}`
      : `${plural(answer.created, 'run')} stored.${existing}`, false);
    for (const file of answer.files) {
      result.append(element('h3', `${file.name}: ${file.format}`));
      if (file.problems.length) result.append(table(['Line', 'Column', 'What is wrong'],
        file.problems.map(problem => [problem.line || '', problem.name || problem.column || '', problem.message]), 'Faults'));
      if (file.problemCount > file.problems.length) result.append(element('p', `And ${file.problemCount - file.problems.length} more.`));
      for (const warning of file.warnings) result.append(element('p', warning, 'muted'));
      if (file.runs.length) result.append(table(['Run', 'Algorithm', 'Environment', 'Seed', 'Steps', 'Points', 'Metrics', ''],
        file.runs.slice(0, 50).map(run => [run.id ? link(`runs/${run.id}`, run.name) : run.name, run.algorithm, run.environment, run.seed, run.steps, run.points,
          run.metrics.join(', '), { new: 'new', created: 'stored', exists: 'exists already' }[run.state]]), 'Runs'));
      if (file.runs.length > 50) result.append(element('p', `And ${file.runs.length - 50} more runs.`));
      if (file.columns.length) result.append(table(['Column', 'Taken for'], file.columns.map(column => [column.column, column.meaning]), 'Columns'));
    }
    if (!answer.preview) result.append(link('runs?q=tag:imported', 'See imported runs', 'button small'));
  }

  #say(result, kind, text, alone = true) {
    const note = element('p', text, kind ? `notice ${kind}` : 'notice');
    note.setAttribute('role', kind ? 'alert' : 'status');
    if (alone) result.replaceChildren(note); else result.prepend(note);
  }
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function link(href, text, className) {
  const made = element('a', text, className);
  made.href = href;
  return made;
}

function table(headings, rows, label) {
  const frame = document.createElement('div');
  frame.className = 'card scroll';
  frame.tabIndex = 0;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', `${label}, table`);
  const grid = document.createElement('table');
  grid.className = 'table';
  const head = grid.createTHead().insertRow();
  for (const heading of headings) {
    const cell = element('th', heading || 'State');
    cell.scope = 'col';
    head.append(cell);
  }
  const body = grid.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    for (const value of row) {
      const cell = line.insertCell();
      if (value instanceof Node) cell.append(value);
      else {
        cell.textContent = typeof value === 'number' ? value.toLocaleString('en').replaceAll(',', '\u2009') : value;
        if (typeof value === 'number') cell.className = 'number';
      }
    }
  }
  frame.append(grid);
  return frame;
}

customElements.define('lab-import', Import);
