// The configuration is set first, then the chat is imported when the application has started. It says where the server
// is, because an imported file cannot tell; on another origin import it from there.
window.CloudflareChat = { workerUrl: location.origin, hideOn: '^/examples/checkout' };
await import('/chat-widget.min.js');
const chat = window.CloudflareChat;

const byId = (id) => document.getElementById(id);

// A route change: the chat takes the new path along with the next message.
document.querySelector('nav').addEventListener('click', ({ target }) => {
  const { page } = target.dataset;
  if (!page) return;
  history.pushState(null, '', page == 'orders' ? '/examples/spa-integration.html' : '/examples/' + page);
  byId('page').textContent = `You are on ${page}.`;
});

// Whoever is signed in need not fill in the form.
byId('sign-in').onclick = () => chat.identify({ name: 'Ada Lovelace', email: 'ada@example.com' });
byId('sign-out').onclick = () => chat.reset();

// Your own button and your own count instead of ours.
byId('help').onclick = () => chat.open();
chat.on('unread', ({ detail }) => (byId('unread').textContent = detail));
