// A lost circuit resumes quietly. What the server no longer knows is loaded again: all view state is in the address.
const modal = () => document.getElementById('components-reconnect-modal');
const watched = new MutationObserver(() => {
  const state = modal()?.className ?? '';
  if (state.includes('components-reconnect-rejected')) location.reload();
});
if (modal()) watched.observe(modal(), { attributes: true, attributeFilter: ['class'] });
document.addEventListener('click', async event => {
  if (!event.target.closest?.('[data-reconnect]')) return;
  if (!(await window.Blazor?.reconnect?.())) location.reload();
});
