// A conversation in a real browser (BROWSER says which), against the mock of the protocol, on the minified files.

import test, { after, afterEach, before, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { LIMIT_MS, name, startBrowser } from './browser.js';
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
  await tab.goto(mock.origin);
});
afterEach(async () => {
  await tab.close();
  await mock.close();
});

const sent = (type) => mock.sent(type);
const waitFor = (condition) => (async () => {
  const end = Date.now() + LIMIT_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never happened: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
})();

test(`${name}: form, message, answer, and all of it again after a reload`, async () => {
  await tab.begin();
  const [init] = sent('init');
  assert.equal(init.name, 'Ada Lovelace');
  assert.equal(init.email, 'ada@example.com');
  assert.equal(init.page, '/');
  await tab.say('Does it work with Postgres 18?');
  await waitFor(() => sent('message').length == 1);
  mock.say('It does.');
  await tab.reads('Does it work with Postgres 18?', 'It does.');
  await tab.reload();
  await tab.until((root) => root?.querySelectorAll('[part~=message]').length == 3 || root?.querySelector('div > button').click());
  await tab.reads('Does it work with Postgres 18?', 'It does.');
  assert.equal(sent('init').at(-1).sessionId, mock.session.sessionId);
});

test(`${name}: runs under default-src none, with Trusted Types where the engine has them`, async (t) => {
  await mock.close();
  mock = await startMock({
    csp: "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    page: '<!doctype html><html lang="en"><meta charset="utf-8"><title>Strict</title><script>window.isLax = true</script><script src="/chat-widget.min.js"></script>',
  });
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('hello');
  mock.say('**hi** there');
  await tab.until((root) => root.querySelector('.agent strong') && root.querySelector('.visitor[data-seq]'));
  const { isLax, hasTypes, height } = await tab.inside((root) => ({
    isLax: Boolean(window.isLax),
    hasTypes: typeof trustedTypes == 'object',
    height: root.querySelector('div > button').offsetHeight,
  }));
  assert.equal(isLax, false, 'the policy is not enforced');
  assert.equal(height, 56, 'the style came through');
  t.diagnostic(`${browser.version}: Content-Security-Policy enforced, Trusted Types ${hasTypes ? 'enforced' : 'unknown to this engine'}`);
});

test(`${name}: nothing is requested or stored before the visitor shows interest`, async () => {
  await tab.find('div > button');
  assert.deepEqual(mock.requests.filter((path) => /window|ws/.test(path)), []);
  assert.equal(await tab.inside(() => localStorage.length + document.cookie.length), 0);
});

test(`${name}: a lost connection comes back, what was written meanwhile arrives once`, async () => {
  await tab.begin();
  await tab.say('before');
  await waitFor(() => sent('message').length == 1);
  mock.isRefusing = true; // until it was seen to be away
  mock.cut();
  await tab.until((root) => !root.querySelector('dialog').dataset.live);
  mock.isRefusing = false;
  await tab.say('while away');
  await waitFor(() => mock.session.log.length == 2);
  assert.deepEqual(mock.session.log.map(({ message }) => message), ['before', 'while away']);
  await tab.reads('before', 'while away');
});

test(`${name}: what was written and not acknowledged is sent after a reload`, async () => {
  await tab.begin();
  mock.intercept = (socket, type) => type == 'message';
  await tab.say('kept');
  await waitFor(() => sent('message').length == 1);
  mock.intercept = () => false;
  await tab.reload();
  await waitFor(() => mock.session.log.length == 1);
  assert.equal(mock.session.log[0].message, 'kept');
});

test(`${name}: receipts go from sent to delivered; a failed message can be tried again`, async () => {
  await tab.begin();
  await tab.say('hello');
  await tab.until((root) => root.querySelector('.visitor small').textContent.includes('Sent'));
  mock.broadcast('receipt', { seq: 1, state: 'delivered' });
  await tab.until((root) => root.querySelector('.visitor small').textContent.includes('Delivered'));
  await tab.say('again');
  await waitFor(() => mock.session.log.length == 2);
  mock.broadcast('receipt', { seq: 2, state: 'failed', code: 'desk_refused' });
  await tab.click('[part=retry]');
  await waitFor(() => sent('retry').length == 1);
  assert.deepEqual(sent('retry'), [{ seq: 2 }]);
});

test(`${name}: a message that was refused for a while is sent again by itself`, async () => {
  await tab.begin();
  let refused = 0;
  mock.intercept = (socket, type, data) => {
    if (type != 'message' || refused++) return false;
    mock.send(socket, 'error', { code: 'rate_limited', id: data.id, retryAfterMs: 300, message: 'Too fast.' });
    return true;
  };
  await tab.say('patient');
  await waitFor(() => mock.session.log.length == 1);
  await tab.until((root) => root.querySelector('.visitor small').textContent.includes('Sent'));
});

test(`${name}: a message that was refused for good says so, and the next one goes`, async () => {
  await tab.begin();
  mock.intercept = (socket, type, data) => {
    if (data?.message != 'bad') return false;
    mock.send(socket, 'error', { code: 'message_too_long', id: data.id, message: 'This message is too long.' });
    return true;
  };
  await tab.say('bad');
  await tab.until((root) => root.querySelector('.visitor em')?.textContent.includes('too long'));
  await tab.say('good');
  await waitFor(() => mock.session.log.length == 1);
});

test(`${name}: a refused form says why at the field`, async () => {
  mock.intercept = (socket, type) => {
    if (type != 'init') return false;
    mock.send(socket, 'error', { code: 'email_invalid', field: 'email', message: 'We cannot write to this address.' });
    return true;
  };
  await tab.click('div > button');
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'ada@example.com');
  await tab.click('form button');
  await tab.until((root) => root.querySelector('input[name=email] + em')?.textContent == 'We cannot write to this address.');
  assert.equal(await tab.inside((root) => root.activeElement.name), 'email');
});

test(`${name}: an incomplete form is not sent`, async () => {
  await tab.click('div > button');
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'not an address');
  await tab.click('form button');
  await tab.until((root) => root.querySelector('input[name=email] + em')?.textContent);
  assert.equal(await tab.inside((root) => root.querySelector('input[name=email]').ariaInvalid), 'true');
  assert.deepEqual(mock.frames, []);
});

test(`${name}: an answer while the window is closed is counted, then seen`, async () => {
  await tab.begin();
  mock.say('first');
  await tab.reads('first');
  await waitFor(() => sent('seen').at(-1)?.seq == 1);
  await tab.press('textarea', 'Escape');
  await tab.until((root) => !root.querySelector('dialog').open);
  mock.say('second');
  mock.say('third');
  await tab.until((root) => root.querySelector('div > button').dataset.unread == '2');
  assert.match(await tab.run('document.title'), /^\(2\) /);
  await tab.click('div > button');
  await waitFor(() => sent('seen').at(-1)?.seq == 3);
  await tab.until((root) => !root.querySelector('div > button').dataset.unread);
  assert.doesNotMatch(await tab.run('document.title'), /^\(/);
});

test(`${name}: an answer can be corrected and taken back`, async () => {
  await tab.begin();
  mock.say('wrong');
  await tab.reads('wrong');
  mock.broadcast('edit', { seq: 1, message: 'right' });
  await tab.until((root) => root.querySelector('.agent p').textContent.startsWith('right'));
  mock.broadcast('delete', { seq: 1 });
  await tab.until((root) => !root.querySelector('.agent p').textContent.includes('right'));
});

test(`${name}: formatting is shown, markup is text`, async () => {
  await tab.begin();
  mock.say('**bold** `code` <img src=x onerror=alert(1)> https://example.com/a_b_c.');
  await tab.until((root) => root.querySelector('.agent strong'));
  const result = await tab.inside((root) => ({
    code: root.querySelector('.agent code').textContent,
    link: root.querySelector('.agent a').href,
    text: root.querySelector('.agent p').textContent,
    images: root.querySelectorAll('img').length,
  }));
  assert.deepEqual(result, {
    code: 'code',
    link: 'https://example.com/a_b_c',
    text: 'bold code <img src=x onerror=alert(1)> https://example.com/a_b_c.',
    images: 0,
  });
});

test(`${name}: hostile texts are shown as text and leave the window as it was`, async () => {
  await tab.begin();
  const texts = ['<script>alert(1)</script>', 'a'.repeat(8000), '\u202Eevil\u202C', 'lone \uD800 surrogate', '*'.repeat(2000), '```'.repeat(300), '\\'.repeat(500), '|| ||'.repeat(300), '```\n' + 'long line '.repeat(80) + '\n```'];
  for (const text of texts) mock.say(text);
  await tab.until((root, count) => root.querySelectorAll('.agent').length == count, texts.length);
  await tab.until((root) => root.querySelectorAll('.agent')[7].textContent.length > 100);
  const { width, overflow } = await tab.inside((root) => {
    const main = root.querySelector('section');
    return { width: root.querySelector('dialog').offsetWidth, overflow: main.scrollWidth - main.clientWidth };
  });
  assert.equal(width, 384);
  assert.ok(overflow <= 1, `scrolls sideways by ${overflow}`);
});

test(`${name}: after the hour it asks who is there; "Not me" forgets`, async () => {
  await tab.begin();
  await tab.say('secret');
  await waitFor(() => mock.session.log.length == 1);
  await tab.run(`(() => { const s = JSON.parse(localStorage['cloudflare-chat'].slice(13)); addEventListener('pagehide', () => { s.at -= 4e6; localStorage['cloudflare-chat'] = s.at + JSON.stringify(s); }) })()`);
  await tab.reload();
  await tab.click('div > button');
  await tab.until((root) => root.querySelector('aside')?.textContent.includes('Ada Lovelace'));
  assert.equal(sent('init').length, 1, 'it connected without being asked to');
  await tab.click('aside button:last-child');
  await tab.find('input[name=name]');
  assert.equal(await tab.inside(() => localStorage['cloudflare-chat']), name == 'webkit' ? null : undefined);
});

test(`${name}: the visitor ends the conversation`, async () => {
  await tab.begin();
  mock.say('hi');
  await tab.end();
  await tab.find('input[name=name]');
  await tab.until(() => !localStorage['cloudflare-chat']);
});

test(`${name}: older messages come on scrolling up`, async () => {
  await tab.begin();
  for (let i = 1; i <= 120; i++) mock.session.log.push({ seq: i, message: 'm' + i, from: 'agent', author: 'Sam', timestamp: Date.now() });
  await tab.reload();
  await tab.until((root) => root?.querySelectorAll('.agent').length == 50);
  await tab.run(`document.querySelector('cloudflare-chat').open()`);
  await tab.until((root) => {
    const shown = root.querySelectorAll('.agent').length;
    // Only until a page has come: at the top once more, the next one would.
    if (shown == 50) root.querySelector('section').scrollTop = -1e6;
    return shown == 100;
  });
  assert.equal(await tab.inside((root) => root.querySelector('.agent p').textContent), 'm21');
});

test(`${name}: the composer grows with its text, and is small again when it was sent`, async () => {
  await tab.begin();
  mock.say('hi');
  await tab.find('[part=end]');
  const height = () => tab.inside((root) => root.querySelector('textarea').offsetHeight);
  const before = await height();
  await tab.type('textarea', 'long words and more '.repeat(8));
  assert.ok((await height()) > before + 20, `${before}, then ${await height()}`);
  await tab.press('textarea', 'Enter');
  await tab.until((root, wanted) => root.querySelector('textarea').offsetHeight == wanted, before);
});

test(`${name}: a pasted link wraps in the composer, and leaves the send button in its place`, async () => {
  await tab.begin();
  const right = () => tab.inside((root) => ['[part=send]', 'fieldset', 'hgroup'].map((selector) => root.querySelector(selector).getBoundingClientRect().right));
  const before = await right();
  for (const text of ['https://shop.example/orders/view/10023981', '?' + 'a'.repeat(300)]) {
    await tab.type('textarea', text);
    assert.deepEqual(await right(), before, `after ${text.length} characters`);
  }
});

test(`${name}: what one tab says, the other shows`, { skip: name == 'webkit' && 'its driver gives one tab' }, async () => {
  await tab.begin();
  await tab.say('from the first');
  await waitFor(() => mock.session.log.length == 1);
  const other = await browser.tab();
  await other.goto(mock.origin);
  await other.click('div > button');
  await other.reads('from the first');
  mock.say('to both');
  await tab.reads('from the first', 'to both');
  await other.reads('from the first', 'to both');
  // The one that came second gives its connection up, and talks through the first.
  const end = Date.now() + LIMIT_MS;
  while (mock.sockets.size > 1 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(mock.sockets.size, 1);
  await other.say('from the second');
  await tab.reads('from the first', 'to both', 'from the second');
  await other.until((root) => [...root.querySelectorAll('.visitor')].every((element) => element.dataset.seq));
  assert.equal(mock.session.log.length, 3);
  // The first one goes; the second takes over.
  await tab.goto('about:blank');
  mock.say('after the change');
  await other.reads('from the first', 'to both', 'from the second', 'after the change');
  await other.close();
});

test(`${name}: reading older messages is not disturbed by a new one; a button leads back`, async () => {
  await tab.begin();
  for (let i = 1; i <= 40; i++) mock.say('message ' + i);
  await tab.until((root) => root.querySelectorAll('.agent').length == 40 && root.querySelector('[part=jump]'));
  await tab.inside((root) => (root.querySelector('section').scrollTop = -600, 0));
  await tab.until((root) => !root.querySelector('[part=jump]').hidden);
  const place = () => tab.inside((root) => root.querySelector('[data-seq="20"]').getBoundingClientRect().top);
  const before = await place();
  mock.say('a new one');
  await tab.until((root) => root.querySelector('[data-seq="41"]'));
  assert.ok(Math.abs((await place()) - before) < 2, `moved from ${before} to ${await place()}`);
  // Neither does the button move anything when the keyboard, or a driver that looks for it, comes to it.
  await tab.inside((root) => (root.querySelector('[part=jump]').focus(), root.querySelector('[part=jump]').scrollIntoView(), 0));
  assert.ok(Math.abs((await place()) - before) < 2, `moved from ${before} to ${await place()}`);
  await tab.click('[part=jump]');
  await tab.until((root) => root.querySelector('section').scrollTop == 0);
});
