window.CloudflareChat = {
  title: 'Print shop',
  subtitle: 'Open until six',
  greeting: 'Questions about paper, prices or a proof? Leave your name and ask.',
  theme: { primaryColor: '#be185d', position: 'bottom-left', font: 'Georgia, serif' },
  strings: { 'Start the chat': 'Ask the printer' },
};

addEventListener('DOMContentLoaded', () => {
  document.querySelector('.swatches').addEventListener('click', ({ target }) => {
    const { color, mode } = target.dataset;
    if (color) window.CloudflareChat.setTheme({ primaryColor: color });
    if (mode) window.CloudflareChat.setTheme({ mode });
  });
});
