// A site that uses everything the types promise. Nothing here is run: it is compiled, against chat-widget.d.ts.

import type { ChatSettings, CloudflareChat } from '../../chat-widget';

const settings: ChatSettings = {
  workerUrl: 'https://chat.example.com',
  theme: { primaryColor: '#0f766e', position: 'top-left', mode: 'auto', offset: '20px 32px', radius: '8px', font: 'Georgia', zIndex: 9 },
  locale: 'de',
  strings: { 'Start the chat': 'Ask us' },
  identity: { name: 'Ada', email: 'ada@example.com', hash: 'abc', hashExpires: 1, attributes: { plan: 'pro' } },
  hideOn: /^\/checkout/,
  sound: true,
  fallback: 'help@example.com',
  queue: [['open'], ['on', 'message', () => {}]],
};
window.CloudflareChat = settings;

export async function use(chat: CloudflareChat) {
  await chat.open();
  await chat.sendMessage('hello');
  chat.on('unread', ({ detail }) => detail.toFixed());
  chat.on('message', ({ detail: { message, from } }) => message + from);
  chat.on('status', ({ detail }) => detail === 'ready' || detail === 'waiting' || detail === 'stopped');
  chat.on('error', ({ detail }) => detail.code?.length);
  chat.identify({ name: 'Ada', email: 'ada@example.com' });
  chat.setTheme({ mode: 'dark' });
  chat.setLocale('fr');
  chat.hide();
  chat.show();
  await chat.toggle();
  chat.close();
  await chat.reset();
  chat.destroy();
  // @ts-expect-error there is no such event
  chat.on('opened', () => {});
  // @ts-expect-error there is no such corner
  chat.setTheme({ position: 'middle' });
}
