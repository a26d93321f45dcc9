// The divider between table and charts: drag it, or move it with the arrow keys. Its place is this browser's own.
const KEY = 'lab.split';
const clamp = percent => Math.min(75, Math.max(20, percent));

function place(divider, percent) {
  const value = clamp(percent);
  document.documentElement.style.setProperty('--split', `${value}%`);
  divider?.setAttribute('aria-valuenow', String(Math.round(value)));
  return value;
}

const stored = Number(localStorage.getItem(KEY));
if (stored) place(null, stored);

document.addEventListener('pointerdown', event => {
  const divider = event.target.closest?.('.divider');
  if (!divider) return;
  event.preventDefault();
  divider.setPointerCapture(event.pointerId);
  divider.classList.add('dragging');
  const { left, width } = divider.parentElement.getBoundingClientRect();
  let percent = stored;
  const move = moved => { percent = place(divider, ((moved.clientX - left) / width) * 100); };
  divider.addEventListener('pointermove', move);
  divider.addEventListener('lostpointercapture', () => {
    divider.removeEventListener('pointermove', move);
    divider.classList.remove('dragging');
    if (percent) localStorage.setItem(KEY, String(percent));
  }, { once: true });
});

document.addEventListener('keydown', event => {
  if (!event.target.classList?.contains('divider')) return;
  const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
  if (!step) return;
  event.preventDefault();
  const now = Number(event.target.getAttribute('aria-valuenow')) || 40;
  localStorage.setItem(KEY, String(place(event.target, now + step)));
});
