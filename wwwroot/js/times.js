// Keeps "3 min ago" true without a round trip.
const thin = '\u2009';

function ago(seconds) {
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${Math.floor(seconds)}${thin}s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${thin}min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}${thin}h ago`;
  return `${Math.floor(seconds / 86400)}${thin}d ago`;
}

setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll('time[data-ago]')) {
    const text = ago((Date.now() - Date.parse(time.dateTime)) / 1000);
    if (time.firstChild?.nodeType === Node.TEXT_NODE && time.firstChild.data !== text) time.firstChild.data = text;
  }
}, 5000);

// Exact times are shown in the reader's own time zone.
document.addEventListener('pointerover', event => {
  const time = event.target.closest?.('time[datetime]');
  if (time) time.title = new Date(time.dateTime).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
});
