// Buttons with data-copy put that text, or the text of the element data-copy-from names, on the clipboard. {origin} stands for this address.
document.addEventListener('click', async event => {
  const button = event.target.closest?.('[data-copy], [data-copy-from]');
  if (!button) return;
  const source = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom)?.textContent ?? '';
  const text = source.replaceAll('{origin}', location.origin);
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    said = fallback(text) ? 'Copied' : 'Copying is not allowed here';
  }
  announce(said);
  button.closest('details')?.removeAttribute('open');
  const word = button.querySelector('[data-word]');
  if (!word || word.dataset.before) return;
  word.dataset.before = word.textContent;
  word.firstChild.data = said;
  setTimeout(() => {
    word.firstChild.data = word.dataset.before;
    delete word.dataset.before;
  }, 1600);
});

// Pages opened over plain HTTP from another machine have no clipboard interface.
function fallback(text) {
  const area = document.createElement('textarea');
  area.value = text;
  document.body.append(area);
  area.select();
  const worked = document.execCommand('copy');
  area.remove();
  return worked;
}

/** Says something to screen readers. */
export function announce(text) {
  const region = document.getElementById('announcements');
  if (region) region.textContent = text;
}

// <lab-origin> shows the lab's address as this browser knows it.
customElements.define('lab-origin', class extends HTMLElement {
  connectedCallback() { this.textContent = location.origin; }
});
