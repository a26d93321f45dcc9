// Pointing at a run anywhere lights it everywhere: rows, legends and curves share one "lit" run.
let lit = null;

export function light(run) {
  if (run === lit) return;
  lit = run;
  for (const element of document.querySelectorAll('[data-run]')) element.classList.toggle('lit', run !== null && element.dataset.run === run);
  document.dispatchEvent(new CustomEvent('lab:light', { detail: run }));
}

const from = event => event.target.closest?.('[data-run]')?.dataset.run ?? null;
document.addEventListener('pointerover', event => {
  if (!event.target.closest?.('lab-chart')) light(from(event));
});
document.addEventListener('focusin', event => light(from(event)));
