// Tells elements whether they are on screen, and beats once a second for those that are, while the tab is shown.
const shown = new Set();
const observer = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting === shown.has(target)) continue;
    if (isIntersecting) shown.add(target); else shown.delete(target);
    target.seen?.(isIntersecting);
  }
}, { rootMargin: '120px' });

export const watch = element => observer.observe(element);
export function unwatch(element) {
  observer.unobserve(element);
  shown.delete(element);
}

const beat = () => {
  if (document.hidden) return;
  for (const element of shown) element.beat?.();
};
setInterval(beat, 1000);
document.addEventListener('visibilitychange', beat);
