// Menus are <details class="menu">: they close on Escape, on a click elsewhere and after a choice.
const open = () => document.querySelectorAll('details.menu[open]');

document.addEventListener('click', event => {
  for (const menu of open())
    if (!menu.contains(event.target) || event.target.closest('.item')) menu.removeAttribute('open');
});
document.addEventListener('keydown', event => {
  if (event.key === 'Escape') {
    for (const menu of open()) {
      menu.removeAttribute('open');
      menu.querySelector('summary')?.focus();
    }
    return;
  }
  const menu = event.target.closest?.('details.menu[open]');
  if (!menu || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') || event.target.matches('input, select')) return;
  const items = [...menu.querySelectorAll('summary, .item')];
  event.preventDefault();
  items.at((items.indexOf(event.target) + (event.key === 'ArrowDown' ? 1 : -1)) % items.length)?.focus();
});
document.addEventListener('click', event => {
  const opener = event.target.closest?.('[data-open]');
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest?.('[data-close]')) event.target.closest('dialog')?.close();
  if (event.target.nodeName === 'DIALOG') event.target.close();
  const scroll = event.target.closest?.('[data-focus]');
  if (scroll) {
    const field = document.getElementById(scroll.dataset.focus);
    for (let fold = field?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.setAttribute('open', '');
    field?.scrollIntoView({ block: 'center' });
    field?.focus({ preventScroll: true });
  }
});

// A log stays at its end while "Follow the end" is ticked.
setInterval(() => {
  const log = document.querySelector('[data-log]');
  if (log && document.querySelector('[data-follow]')?.checked) log.scrollTop = log.scrollHeight;
}, 500);
