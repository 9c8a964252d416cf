// Every state of the window that a visitor can meet, reached one after the other: for axe, and for the eye.

const HOUR_MS = 36e5;

/**
 * Walks through the states of a page whose widget is on it, from the button to a chat that cannot be reached.
 * @param {any} tab see browser.js
 * @param {any} mock see mock.js
 * @param {(state: string) => Promise<void>} visit is told each state when it is there
 */
export async function walk(tab, mock, visit) {
  await tab.goto(mock.origin);
  await tab.find('div > button');
  await visit('button');
  await tab.click('div > button');
  await tab.find('form');
  await visit('form');
  await tab.click('form button');
  await tab.until((root) => root.querySelector('input[name=email] + em')?.textContent);
  await visit('form with errors');
  await tab.type('input[name=name]', 'Ada Lovelace');
  await tab.type('input[name=email]', 'ada@example.com');
  mock.intercept = (socket, type) => type == 'init';
  await tab.click('form button');
  await tab.until((root) => root.querySelector('form button').disabled);
  await visit('connecting');
  mock.intercept = () => false;
  mock.cut();
  await tab.find('textarea');
  await visit('ready and empty');
  await tab.reload();
  await tab.until((root) => root?.querySelector('.system'));
  await tab.run(`CloudflareChat.open()`);
  await visit('ready and empty, after a reload');
  await tab.say('Does it work with Postgres 18?');
  await tab.until((root) => root.querySelector('.visitor[data-seq="1"]'));
  mock.broadcast('receipt', { seq: 1, state: 'delivered' });
  mock.say('It does. See **the manual**: https://example.com/manual');
  mock.say('Use `backup --prove`:\n```\nbackup --prove db1\n```\n> and be patient', { author: 'Kim', avatar: mock.origin + '/avatar.svg' });
  await tab.until((root) => root.querySelector('.agent pre'));
  mock.say('Anything else?', { author: 'Kim', avatar: mock.origin + '/avatar.svg' });
  await tab.until((root) => root.querySelectorAll('.agent').length == 3);
  await tab.say('No, thank you.');
  await tab.say('That was quick');
  await tab.until((root) => root.querySelector('.visitor[data-seq="6"]'));
  await visit('conversation');
  mock.broadcast('typing', { author: 'Kim', forMs: 60_000 });
  await tab.until((root) => root.querySelector('output').textContent.includes('Kim'));
  await visit('agent types');
  mock.broadcast('receipt', { seq: 6, state: 'delayed' });
  await tab.until((root) => /longer|أطول/.test(root.querySelector('.visitor[data-seq="6"]').textContent));
  await visit('delivering slowly');
  mock.broadcast('receipt', { seq: 6, state: 'failed' });
  await tab.find('[part=retry]');
  await visit('failed');
  mock.intercept = (socket, type, data) => type == 'message' && (mock.send(socket, 'error', { code: 'message_too_long', field: 'message', id: data.id, message: 'That message is too long. Please keep it below 2,000 characters.' }), true);
  await tab.say('A message that is longer than it may be.');
  await tab.until((root) => [...root.querySelectorAll('.visitor em')].length == 2);
  await visit('too long');
  await tab.inside((root) => ((root.querySelector('textarea').value = ''), 0));
  mock.intercept = (socket, type, data) => type == 'message' && (mock.send(socket, 'error', { code: 'rate_limited', id: data.id, retryAfterMs: 1500, message: 'That was a lot at once. Your message will be sent in a moment.' }), true);
  await tab.say('And one, and one');
  await tab.until((root) => /a lot|كثيرًا/.test([...root.querySelectorAll('.visitor small')].at(-1).textContent));
  await visit('too fast');
  mock.intercept = () => false;
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
  for (let i = 1; i <= 30; i++) mock.session.log.unshift({ seq: -i, message: 'Earlier message ' + i, from: i % 3 ? 'agent' : 'visitor', author: 'Sam', timestamp: Date.now() - i * 5 * HOUR_MS });
  for (const [index, entry] of mock.session.log.entries()) entry.seq = index + 1;
  await tab.say('One more question, then.');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq); // it comes before the answers
  mock.say('a'.repeat(400));
  mock.say('<b>not bold</b> <img src=x onerror=alert(1)> \u202Eright to left\u202C ||hidden|| ~~gone~~ __under__ *slanted*');
  await tab.until((root) => root.querySelector('.agent mark'));
  await visit('hostile texts');
  await tab.reload();
  await tab.until((root) => root?.querySelector('[part=end]'));
  await tab.run(`CloudflareChat.open()`);
  await tab.until((root) => root.querySelector('h3'));
  await tab.inside((root) => (root.querySelector('section').scrollTop = -900, 0));
  await tab.until((root) => root.querySelector('[part=jump]').checkVisibility());
  await visit('older messages');
  await tab.inside((root) => (root.querySelector('section').scrollTop = 0, 0));
  mock.send([...mock.sockets][0], 'error', { code: 'queue_full', message: 'Many of your messages are still on their way. Please wait a moment.' });
  await tab.until((root) => /on their way|في الطريق/.test(root.textContent));
  await visit('told to wait');
  await tab.run('CloudflareChat.close()');
  mock.say('Still there?');
  await tab.until((root) => root.querySelector('div > button').dataset.unread);
  await visit('unread');
  await tab.run('CloudflareChat.open()');
  mock.broadcast('ended', { by: 'agent' });
  await tab.until((root) => [...root.querySelectorAll('.system')].length > 1);
  await visit('ended by the team');
  await tab.click('[part=end]');
  await visit('asked whether to end');
  await tab.page.setOfflineMode(true);
  mock.cut();
  await tab.until((root) => !root.querySelector('dialog').dataset.live);
  await tab.say('Written in a tunnel');
  await visit('offline, and something waits');
  await tab.page.setOfflineMode(false);
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
  mock.isRefusing = true;
  mock.reason = [503, { code: 'capacity', message: 'Full.', retryAfterMs: 60_000 }];
  mock.cut();
  await tab.until((root) => !root.querySelector('dialog').dataset.live);
  await tab.say('And this one waits');
  await tab.until((root) => /Not available|غير متاح/.test(root.querySelector('output').textContent));
  await visit('not available');
  await tab.run(`(() => { const s = JSON.parse(localStorage['cloudflare-chat'].slice(13)); addEventListener('pagehide', () => { s.at -= 4e6; localStorage['cloudflare-chat'] = s.at + JSON.stringify(s); }) })()`);
  await tab.reload();
  await tab.click('div > button');
  await tab.find('aside');
  await visit('continue as');
  mock.intercept = (socket, type) => type == 'init';
  mock.isRefusing = false;
  await tab.run(`CloudflareChat.reset()`);
  await tab.run(`CloudflareChat.identify({ name: 'Ada', email: 'ada@example.com' })`);
  await tab.until((root) => root.querySelector('form button').disabled);
  await visit('connecting with an identity');
}
