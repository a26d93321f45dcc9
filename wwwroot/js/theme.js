// Runs before the first paint, so that a chosen theme never flashes. "system" is the absence of a choice.
(() => {
  const apply = choice => {
    if (choice === 'light' || choice === 'dark') document.documentElement.dataset.theme = choice;
    else delete document.documentElement.dataset.theme;
  };
  const read = () => {
    try { return localStorage.getItem('lab.theme') ?? 'system'; } catch { return 'system'; }
  };
  window.labTheme = {
    get choice() { return read(); },
    get dark() {
      const choice = read();
      return choice === 'dark' || (choice === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    },
    set(choice) {
      try { localStorage.setItem('lab.theme', choice); } catch { /* private window: the choice lasts for this page */ }
      apply(choice);
      mark();
      document.dispatchEvent(new CustomEvent('lab:theme'));
    },
  };
  const mark = () => {
    for (const button of document.querySelectorAll('[data-theme-choice]'))
      button.setAttribute('aria-pressed', String(button.dataset.themeChoice === read()));
  };
  apply(new URLSearchParams(location.search).get('theme') ?? read());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => document.dispatchEvent(new CustomEvent('lab:theme')));
  document.addEventListener('click', event => {
    const toggle = event.target.closest?.('[data-theme-toggle]');
    const choice = event.target.closest?.('[data-theme-choice]');
    if (toggle) window.labTheme.set(window.labTheme.dark ? 'light' : 'dark');
    if (choice) window.labTheme.set(choice.dataset.themeChoice);
  });
  // Wraps the buttons of the settings page, which appear long after this script ran.
  customElements.define('lab-theme', class extends HTMLElement {
    connectedCallback() { queueMicrotask(mark); }
  });
})();
