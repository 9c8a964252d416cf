// The script is added when the application has started; the configuration is set before it.
const script = document.createElement('script');
const chat = new Promise((resolve, reject) => {
  script.onload = () => resolve(window.CloudflareChat);
  script.onerror = reject;
});
window.CloudflareChat = { hideOn: '^/examples/checkout' };
script.src = '/chat-widget.min.js';
document.head.append(script);

const byId = (id) => document.getElementById(id);

// A route change: the chat takes the new path along with the next message.
document.querySelector('nav').addEventListener('click', ({ target }) => {
  const { page } = target.dataset;
  if (!page) return;
  history.pushState(null, '', page == 'orders' ? '/examples/spa-integration.html' : '/examples/' + page);
  byId('page').textContent = `You are on ${page}.`;
});

// Whoever is signed in need not fill in the form.
byId('sign-in').onclick = async () => (await chat).identify({ name: 'Ada Lovelace', email: 'ada@example.com' });
byId('sign-out').onclick = async () => (await chat).reset();

// Your own button and your own count instead of ours.
byId('help').onclick = async () => (await chat).open();
(await chat).on('unread', ({ detail }) => (byId('unread').textContent = detail));
