// Keyboard: nothing fires inside a field, and nothing overrides the browser's own keys.
const typing = element => element.matches?.('input:not([type="checkbox"], [type="radio"], [type="range"]), textarea, select, [contenteditable]');
const dialog = id => document.getElementById(id);

document.addEventListener('keydown', event => {
  const command = event.ctrlKey || event.metaKey;
  if (command && !event.shiftKey && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    if (!dialog('palette')?.open) dialog('palette')?.showModal();
    return;
  }
  if (event.altKey && event.key.toLowerCase() === 'm') {
    event.preventDefault();
    window.labTheme.set(window.labTheme.dark ? 'light' : 'dark');
    return;
  }
  const palette = event.target.closest?.('#palette');
  if (palette) return walk(event, palette);
  if (command || event.altKey || typing(event.target) || event.target.closest?.('dialog')) return;
  if (event.key === '?') dialog('shortcuts')?.showModal();
  else if (event.key === '/') focus(event, document.querySelector('[data-filter]'));
  else if (event.key === 'n') document.querySelector('.rail a[href="new"]')?.click();
  else if (event.key === 'j' || event.key === 'k') step(event, event.key === 'j' ? 1 : -1);
  else if (event.key === ' ' && event.target.matches?.('tr[data-run]')) press(event, event.target.querySelector('.pick button'));
  else if (event.key === 'Enter' && event.target.matches?.('tr[data-run]')) press(event, event.target.querySelector('td.name a'));
});

function focus(event, element) {
  if (!element) return;
  event.preventDefault();
  element.focus();
  element.select?.();
}

function press(event, element) {
  event.preventDefault();
  element?.click();
}

function step(event, by) {
  const rows = [...document.querySelectorAll('tr[data-run]')];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement?.closest('tr[data-run]'));
  const row = rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + by))];
  event.preventDefault();
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

function walk(event, palette) {
  const links = [...palette.querySelectorAll('a')];
  const at = links.findIndex(link => link.closest('li').getAttribute('aria-selected') === 'true');
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    event.preventDefault();
    const next = links.at((at + (event.key === 'ArrowDown' ? 1 : -1)) % links.length);
    for (const link of links) link.closest('li').setAttribute('aria-selected', String(link === next));
    next?.scrollIntoView({ block: 'nearest' });
    if (next) palette.querySelector('input').setAttribute('aria-activedescendant', next.closest('li').id);
  } else if (event.key === 'Enter') {
    event.preventDefault();
    (links[Math.max(0, at)])?.click();
  }
}

document.addEventListener('click', event => {
  if (event.target.closest?.('#palette a')) dialog('palette').close();
});
