// What the window does by itself: long histories, other tabs, refusals, attention. Chromium.

import test, { after, afterEach, before, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { LIMIT_MS, startBrowser } from './browser.js';
import { startMock } from './mock.js';

let browser;
let mock;
let tab;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());
beforeEach(async () => {
  mock = await startMock();
  tab = await browser.tab();
});
afterEach(async () => {
  await tab.close();
  await mock.close();
});

const page = (settings = {}, lang = 'en') =>
  (mock.pages['/'] = `<!doctype html><html lang="${lang}"><title>Test</title><link rel="icon" href="data:,"><script>window.CloudflareChat = ${JSON.stringify(settings)}</script><script src="/chat-widget.min.js"></script>`);
const offers = (address) => tab.until((root, wanted) => root.querySelector('output a')?.href == 'mailto:' + wanted, address);

test('however far up one reads, at most 200 messages are in the page, and the newest are one press away', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  for (let i = 1; i <= 600; i++) mock.session.log.push({ seq: i, message: 'm' + i, from: 'agent', author: 'Sam', timestamp: Date.now() });
  await tab.reload();
  await tab.until((root) => root?.querySelectorAll('.agent').length == 50);
  await tab.run('CloudflareChat.open()');
  await tab.until((root) => root.querySelector('[part=jump]'));
  let most = 0;
  await tab.until((root) => {
    root.querySelector('section').scrollTop = -1e6;
    window.most = Math.max(window.most || 0, root.querySelectorAll('article').length);
    return root.querySelector('[data-seq="1"]');
  });
  most = await tab.run('window.most');
  assert.ok(most <= 200, `${most} messages in the page`);
  assert.equal(await tab.inside((root) => root.querySelector('[data-seq="600"]')), null);
  // What comes meanwhile does not stand below what it does not follow.
  mock.say('the newest');
  await tab.until((root) => root.querySelector('output'));
  assert.equal(await tab.inside((root) => root.textContent.includes('the newest')), false);
  await tab.click('[part=jump]');
  await tab.until((root) => root.querySelector('[data-seq="601"]') && root.querySelector('section').scrollTop == 0);
  const shown = await tab.inside((root) => [...root.querySelectorAll('article')].map(({ dataset }) => +dataset.seq));
  assert.deepEqual(shown, Array.from({ length: shown.length }, (_, index) => 602 - shown.length + index), 'in order, without gaps');
  mock.say('and one more');
  await tab.until((root) => root.querySelector('[data-seq="602"]'));
});

test('what is being read stays where it is, while older and newer messages come', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  for (let i = 1; i <= 300; i++) mock.session.log.push({ seq: i, message: 'm' + i, from: i % 7 ? 'agent' : 'visitor', author: 'Sam', timestamp: Date.now() - (300 - i) * 36e5 });
  await tab.reload();
  await tab.until((root) => root?.querySelectorAll('article').length == 50);
  await tab.run('CloudflareChat.open()');
  await tab.until((root) => root.querySelector('[part=jump]'));
  for (const [first, next] of [[251, 201], [201, 151], [151, 101], [101, 51]]) {
    await tab.inside((root, seq) => root.querySelector(`[data-seq="${seq}"]`).scrollIntoView(), first);
    const place = (seq) => tab.inside((root, wanted) => root.querySelector(`[data-seq="${wanted}"]`).getBoundingClientRect().top, seq);
    const before = await place(first);
    await tab.until((root, seq) => root.querySelector(`[data-seq="${seq}"]`), next);
    assert.ok(Math.abs((await place(first)) - before) < 60, `message ${first} moved from ${before} to ${await place(first)}`);
  }
  const days = await tab.inside((root) => [...root.querySelectorAll('h3')].map((day) => day.textContent));
  assert.deepEqual(days, [...new Set(days)], 'each day is named once');
});

test('a tab that shows the form goes on with the conversation that another tab begins', async () => {
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.find('form');
  const other = await browser.tab();
  await other.goto(mock.origin);
  await other.begin();
  await other.say('begun over there');
  await tab.page.bringToFront();
  await tab.inside((root) => root.host.open());
  await tab.run('CloudflareChat.close()');
  await tab.run('CloudflareChat.open()');
  await tab.reads('begun over there');
  assert.equal(mock.sessions.size, 1);
  await other.close();
});

test('a form in a window of its own goes on by itself with the conversation that another tab begins', async () => {
  await tab.goto(mock.origin);
  await tab.click('div > button');
  // An empty form is refused by the lazy part, which listens from then on.
  await tab.click('form button');
  await tab.find('form em');
  const other = await browser.tab();
  await other.goto(mock.origin);
  await other.begin();
  await other.say('begun over there');
  await tab.reads('begun over there');
  assert.equal(mock.sessions.size, 1);
  await other.close();
});

test('what was not read is counted on the next day as well, without a connection', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  mock.say('first');
  await tab.reads('first');
  const end = Date.now() + LIMIT_MS;
  while (!mock.session.seen && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  await tab.run('CloudflareChat.close()');
  mock.say('for tomorrow');
  await tab.until((root) => root.querySelector('div > button').dataset.unread == '1');
  await tab.run(`addEventListener('pagehide', () => {
    const [until, session] = [parseInt(localStorage['cloudflare-chat']), JSON.parse(localStorage['cloudflare-chat'].slice(13))];
    session.at -= 864e5;
    localStorage['cloudflare-chat'] = until - 864e5 + JSON.stringify(session);
  })`);
  const before = mock.requests.length;
  await tab.reload();
  await tab.until((root) => root?.querySelector('div > button').dataset.unread == '1');
  assert.match(await tab.run('document.title'), /^\(1\) /);
  assert.deepEqual(mock.requests.slice(before).filter((path) => path.startsWith('/ws')), []);
  await tab.click('div > button');
  await tab.click('aside [part=submit]');
  await tab.reads('first', 'for tomorrow');
  await tab.until((root) => !root.querySelector('div > button').dataset.unread);
  assert.equal(mock.sessions.size, 1);
});

test('a visitor whom the site knows is greeted once, whoever calls for it', async () => {
  page({ identity: { name: 'Ada', email: 'ada@example.com', hash: 'abc' }, queue: [['open'], ['open']] });
  await tab.goto(mock.origin);
  await tab.until((root) => root?.querySelector('[part~=message]'));
  await tab.reload();
  await tab.until((root) => root?.querySelector('dialog')?.dataset.live);
  assert.equal(mock.frames.filter(({ type }) => type == 'init').length, 2, 'one init a visit');
  assert.equal(mock.sessions.size, 1);
});

test('a double click begins one conversation', async () => {
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'ada@example.com');
  await (await tab.find('form button')).click({ count: 2 });
  await tab.find('textarea');
  await tab.until((root) => root.querySelector('[part~=message]'));
  assert.equal(mock.frames.filter(({ type }) => type == 'init').length, 1);
  await tab.type('textarea', 'once');
  await (await tab.find('[part=send]')).click({ count: 2 });
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  assert.equal(mock.session.log.length, 1);
});

test('too many conversations, or an end for good: the other way that the site offers', async () => {
  page({ fallback: 'help@example.com' });
  await tab.goto(mock.origin);
  await tab.begin();
  mock.intercept = (socket, type, data) => {
    if (type != 'message') return false;
    mock.send(socket, 'error', { code: 'too_many_conversations', id: data.id, message: 'Too many conversations.', retryAfterMs: 3_000_000 });
    return true;
  };
  await tab.say('let me in');
  await offers('help@example.com');
  assert.match(await tab.inside((root) => root.querySelector('output').textContent), /Too many/);
  mock.intercept = () => false;
  await tab.reload();
  await tab.until((root) => root?.querySelector('dialog')?.dataset.live);
  await tab.run('CloudflareChat.open()');
  mock.cut(4501);
  await offers('help@example.com');
  assert.equal(await tab.inside((root) => root.querySelector('textarea').disabled), true, 'nothing can be written that would reach nobody');
  const count = mock.requests.length;
  await tab.inside(() => document.dispatchEvent(new Event('visibilitychange')));
  assert.equal(mock.requests.length, count, 'it does not come back');
  // A new conversation can be begun all the same.
  await tab.end();
  await tab.find('input[name=name]');
  await tab.click('div > button');
  await tab.begin();
  await tab.say('once more');
  await tab.until((root) => root.querySelector('.visitor[data-seq="1"]'));
});

test('what is being written survives a reload from the first letter on, and is there at once', async () => {
  // However long this takes: the ten seconds after which the rest is fetched are not over.
  await tab.page.evaluateOnNewDocument(() => {
    const { setTimeout } = window;
    window.setTimeout = (then, ms, ...more) => (ms == 1e4 ? 0 : setTimeout(then, ms, ...more));
  });
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.type('textarea', 'half a sen');
  await tab.reload();
  await tab.until((root) => root?.querySelector('textarea')?.value == 'half a sen');
  assert.equal(mock.requests.some((path) => path.includes('more.min')), false);
});

test('a conversation in which nothing was said begins with the greeting after a reload as well', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.reload();
  await tab.until((root) => root?.querySelector('.system')?.textContent.includes('Ask away'));
  mock.cut();
  await tab.until((root) => root.querySelector('dialog').dataset.live && root.querySelectorAll('.system').length == 1);
});

test('the key that takes over a word of an input method does not send', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.type('textarea', 'nihao');
  const press = (keyCode) => tab.inside((root, code) => root.querySelector('textarea').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: code, cancelable: true })), keyCode);
  assert.equal(await press(229), true);
  assert.equal(await press(13), false);
  await tab.reads('nihao');
});

test('the first ten seconds look like those after them', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('hello');
  await tab.until((root) => root.querySelector('.visitor').dataset.seq);
  const look = () =>
    tab.inside((root) => [
      getComputedStyle(root.querySelector('.system p')).fontSize,
      root.querySelector('.visitor small').textContent,
      root.querySelector('.visitor').getBoundingClientRect().bottom,
      root.querySelector('h2').offsetHeight,
    ]);
  const early = await look();
  // A message that is none brings the rest.
  mock.broadcast('typing', { author: 'Sam', forMs: 1 });
  await tab.find('[part=end]');
  assert.deepEqual(await look(), early);
});

test('a screen reader hears who says what, and what the log is', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('mine');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq); // it is the first
  mock.say('theirs');
  mock.say('and theirs');
  await tab.until((root) => root.querySelectorAll('.agent').length == 2 && root.querySelector('.next'));
  const speakers = await tab.inside((root) => [...root.querySelectorAll('.visitor b, .agent b')].map((name) => [name.textContent, name.checkVisibility(), name.offsetHeight > 5]));
  assert.deepEqual(speakers, [['You', true, false], ['Sam', true, true], ['Sam', true, false]]);
  assert.equal(await tab.inside((root) => root.querySelector('[role=log]').ariaLabel), 'Chat');
});

test('what the server says is said in the visitor’s language', async () => {
  page({}, 'de');
  mock.ready = { message: 'Hi, how can we help?' };
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.until((root) => root.querySelector('.system').textContent.includes('Wie können wir helfen?'));
  assert.equal(await tab.run(`document.querySelector('cloudflare-chat').lang`), 'de');
  mock.intercept = (socket, type, data) => type == 'message' && (mock.send(socket, 'error', { code: 'message_too_long', field: 'message', id: data.id, message: 'That message is too long.' }), true);
  await tab.say('lang');
  await tab.until((root) => root.querySelector('.visitor em')?.textContent.includes('zu lang'));
});

test('a language that is not built in: the words are English, and said to be', async () => {
  page({}, 'nl');
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.find('form');
  assert.equal(await tab.run(`document.querySelector('cloudflare-chat').lang`), 'en');
});

test('a name that is too long for the header ends in it', async () => {
  mock.ready = { team: { name: 'The customer happiness and engineering support team of Harbor', reply: 'Soon' } };
  await tab.goto(mock.origin);
  await tab.begin();
  mock.say('hi');
  await tab.find('[part=end]');
  const { height, title, status } = await tab.inside((root) => ({ height: root.querySelector('h2').offsetHeight, title: root.querySelector('h2').getBoundingClientRect().bottom, status: root.querySelector('output').getBoundingClientRect().top }));
  assert.ok(height < 30 && title <= status + 12, `${height} ${title} ${status}`);
});

for (const [fallback, href] of [['help@example.com', 'mailto:help@example.com'], ['mailto:help@example.com', 'mailto:help@example.com'], ['https://example.com/help', 'https://example.com/help']]) {
  test(`the other way to the team: ${fallback}`, async () => {
    page({ fallback });
    await tab.goto(mock.origin);
    await tab.begin();
    mock.cut(4501);
    await tab.until((root, wanted) => root.querySelector('output a')?.href == wanted, href);
  });
}

test('a notification comes when the visitor has asked for it and looks elsewhere, and not before', async () => {
  page();
  await tab.goto(mock.origin);
  await tab.run(`(() => {
    window.told = [];
    window.asked = 0;
    window.Notification = class { constructor(title, { body }) { told.push(title + ': ' + body) } static requestPermission() { asked++ } };
    window.AudioContext = class { constructor() { told.push('tone'); throw Error('enough') } };
    Object.defineProperty(document, 'hidden', { get: () => window.isAway });
    // It looks for half a second whether another tab shows the answer; here that is over at once.
    const { setTimeout } = window;
    window.setTimeout = (then, ms, ...more) => setTimeout(then, ms == 500 ? 0 : ms, ...more);
  })()`);
  await tab.begin();
  mock.say('first');
  await tab.reads('first');
  await tab.until((root) => root.querySelector('[part=notify]'));
  await tab.run('window.isAway = true');
  mock.say('unasked');
  await tab.reads('first', 'unasked');
  await tab.until((root) => root.querySelector('div > button').dataset.unread);
  await tab.run('new Promise((resolve) => setTimeout(resolve))');
  assert.deepEqual(await tab.run('[told, asked]'), [[], 0]);
  await tab.run('window.AudioContext = class { createOscillator = () => ({ connect: (to) => to, start() {} }); close() {} }; window.GainNode = class { connect = (to) => to; gain = { setTargetAtTime() {} } }');
  await tab.click('[part=notify]');
  assert.equal(await tab.inside((root) => root.querySelector('[part=notify]').ariaPressed), 'true');
  mock.say('asked');
  await tab.until(() => told.length);
  assert.deepEqual(await tab.run('[told, asked]'), [['Sam: asked'], 1]);
});

test('a path that is no regular expression, and a language that is none: said once, and the chat is there', async () => {
  mock.pages['/'] = `<!doctype html><html lang="en-US.UTF-8"><title>Test</title><link rel="icon" href="data:,"><p>Page</p><script src="/chat-widget.min.js" data-hide-on="^/(checkout"></script><script>window.isUnharmed = true</script>`;
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('it is there');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  await tab.run(`history.pushState(null, '', '/next')`);
  await tab.run(`CloudflareChat.setTheme({ radius: '8px' })`);
  assert.equal(await tab.run('window.isUnharmed'), true);
  assert.equal(tab.printed.length, 1, String(tab.printed));
  assert.match(tab.printed[0], /^cloudflare-chat .*[Rr]egular expression/);
});

test('wrong settings: one line that names the chat, and the page is unharmed', async () => {
  mock.pages['/'] = `<!doctype html><html lang="en_US"><title>Test</title><link rel="icon" href="data:,"><p>Page</p><script src="/chat-widget.min.js" data-worker-url="not an address"></script>`;
  await tab.goto(mock.origin);
  await tab.run('CloudflareChat.open().catch((error) => (document.title = error.message))');
  assert.match(await tab.run('document.title'), /^cloudflare-chat: check workerUrl/);
  await tab.run(`CloudflareChat = { workerUrl: '', theme: { mode: 'dark' } }`);
  await tab.begin();
  await tab.say('works in en_US, too');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  const colour = () => tab.inside((root) => getComputedStyle(root.querySelector('dialog')).colorScheme);
  assert.equal(await colour(), 'dark');
  await tab.run(`CloudflareChat.setTheme({ mode: 'auto' })`);
  assert.equal(await colour(), 'light dark');
});
