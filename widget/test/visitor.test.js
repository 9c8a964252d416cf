// Who the visitor is, and who it was before: sign-in, sign-out, the form, the end. Chromium.

import test, { after, afterEach, before, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { happens, startBrowser } from './browser.js';
import { startMock } from './mock.js';

const PAGE = (settings = {}, tail = '') =>
  `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,"><script>window.CloudflareChat = ${JSON.stringify(settings)}</script><script src="/chat-widget.min.js"></script>${tail}`;
const ADA = { name: 'Ada', email: 'ada@example.com', hash: 'abc' };

let browser;
let mock;
let tab;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());
beforeEach(async () => {
  mock = await startMock({ page: PAGE() });
  tab = await browser.tab();
});
afterEach(async () => {
  await tab.close();
  await mock.close();
});

const sent = (type) => mock.sent(type);
/** Begins a conversation in which an agent has said something, so that everything is loaded. */
const talk = async (who) => {
  await tab.begin(who);
  mock.say('hi');
  await tab.find('[part=end]');
};
const end = async () => {
  await tab.end();
  await tab.find('input[name=name]');
};
const fields = () => tab.inside((root) => [...root.querySelectorAll('input')].map((input) => input.value));

test('reset() signs out: nobody is greeted as the one before', async () => {
  mock.pages['/'] = PAGE({ identity: ADA });
  await tab.goto(mock.origin);
  await tab.run('CloudflareChat.open()');
  await tab.until((root) => root.querySelector('[part~=message]'));
  await tab.say('secret');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  await tab.run('CloudflareChat.close()');
  await tab.run('CloudflareChat.reset()');
  await tab.run('CloudflareChat.open()');
  await tab.find('input[name=name]');
  await tab.run(`CloudflareChat.setTheme({ mode: 'dark' })`);
  await tab.find('input[name=name]');
  assert.deepEqual(sent('init').map(({ hash }) => hash), ['abc']);
});

for (const [how, leave] of [
  ['reset()', () => tab.run('CloudflareChat.reset()')],
  ['the end', end],
]) {
  test(`after ${how} form and header know nothing of the visitor before`, async () => {
    mock.ready = { team: { name: 'Harbor', reply: 'Back tomorrow' } };
    await tab.goto(mock.origin);
    await talk();
    await leave();
    await tab.find('input[name=name]');
    assert.deepEqual(await fields(), ['', '']);
    const { live, said } = await tab.inside((root) => ({ live: root.querySelector('dialog').dataset.live, said: root.querySelector('output').textContent }));
    assert.equal(live, undefined);
    assert.equal(said, 'Usually answers in a few minutes');
  });
}

test('what the site has filled in is there again after the end', async () => {
  mock.pages['/'] = PAGE({ name: 'Ada', email: 'ada@example.com' });
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.type('input[name=name]', ' Lovelace');
  await tab.click('form button');
  await tab.find('textarea');
  mock.say('hi');
  await end();
  assert.deepEqual(await fields(), ['Ada', 'ada@example.com']);
});

test('the end is asked for twice, and forgets that it was asked', async () => {
  await tab.goto(mock.origin);
  // The time for that passes when the test says so.
  await tab.run(`(() => { const { setTimeout } = window; window.waiting = []; window.setTimeout = (then, ms, ...more) => (ms == 5000 ? waiting.push(then) : setTimeout(then, ms, ...more)) })()`);
  await talk();
  await tab.click('[part=end]');
  assert.equal(await tab.inside((root) => root.querySelector('[part=end]').textContent), 'End the chat?');
  assert.deepEqual(sent('end'), []);
  await tab.run('waiting.forEach((then) => then())');
  await tab.until((root) => root.querySelector('[part=end]').textContent == 'End');
  assert.deepEqual(sent('end'), []);
  await end();
  assert.equal(sent('end').length, 1);
});

test('a server that has forgotten the conversation: so has the browser, and says so', async () => {
  await tab.goto(mock.origin);
  await talk();
  mock.cut(4504);
  await tab.find('input[name=name]');
  await tab.until((root) => root.querySelector('form > em')?.textContent.includes('was closed'));
  assert.equal(await tab.run(`localStorage['cloudflare-chat']`), undefined);
});

test('an identified visitor where a human must be proved: the proof goes with the identity, and the fields are not shown', async () => {
  mock.pages['/'] = PAGE({ identity: ADA, turnstileSiteKey: '0xSITEKEY' });
  await tab.page.setRequestInterception(true);
  tab.page.on('request', (request) =>
    request.url().includes('turnstile')
      ? request.respond({ contentType: 'text/javascript', body: `window.turnstile = { render: (box, parameters) => (window.pass = parameters.callback) }` })
      : request.continue(),
  );
  await tab.goto(mock.origin);
  await tab.run('CloudflareChat.open()');
  await tab.until(() => window.pass);
  assert.deepEqual(sent('init'), []);
  assert.equal(await tab.inside((root) => root.querySelector('input').checkVisibility()), false);
  assert.equal(await tab.inside((root) => root.querySelector('form button').textContent), 'Connecting…');
  await tab.run(`pass('token-1')`);
  await tab.find('textarea');
  assert.deepEqual(sent('init').map(({ hash, turnstileToken }) => [hash, turnstileToken]), [['abc', 'token-1']]);
  // Another setting is no news of the visitor.
  await tab.run(`CloudflareChat.setTheme({ mode: 'dark' })`);
  await tab.say('still the same');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  assert.equal(sent('init').length, 1);
});

test('a refused identity leaves a form that can be filled in', async () => {
  mock.pages['/'] = PAGE({ identity: ADA });
  mock.intercept = (socket, type) => type == 'init' && (mock.send(socket, 'error', { code: 'identity_invalid', message: 'Your sign-in could not be checked.' }), true);
  await tab.goto(mock.origin);
  await tab.run('CloudflareChat.open()');
  await tab.find('input[name=name]');
  await tab.until((root) => root.querySelector('form > em').textContent.includes('sign-in'));
});

test('who is identified during a conversation is confirmed in it; the same once more is not', async () => {
  await tab.goto(mock.origin);
  await talk({ name: 'Ada', email: 'ada@example.com' });
  const identify = () => tab.run(`CloudflareChat.identify({ name: 'Ada', email: ' Ada@Example.com ', hash: 'abc', attributes: { plan: 'pro' } })`);
  await identify();
  await happens(() => sent('init').length == 2);
  await tab.until((root) => root.querySelector('dialog').dataset.live);
  await identify();
  await tab.say('confirmed');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  assert.equal(sent('init').length, 2);
  const { hash, attributes, sessionId } = sent('init')[1];
  assert.deepEqual([hash, attributes, sessionId], ['abc', { plan: 'pro' }, mock.session.sessionId]);
  assert.equal(mock.sessions.size, 1);
});

test('"Continue as …?" has the focus, and Escape closes', async () => {
  await tab.goto(mock.origin);
  await talk();
  await tab.run(`(() => { const s = JSON.parse(localStorage['cloudflare-chat'].slice(13)); addEventListener('pagehide', () => { s.at -= 4e6; localStorage['cloudflare-chat'] = s.at + JSON.stringify(s); }) })()`);
  await tab.reload();
  await tab.click('div > button');
  await tab.until((root) => root.activeElement?.textContent == 'Continue');
  await tab.page.keyboard.press('Escape');
  await tab.until((root) => !root.querySelector('dialog').open);
});

test('a language and another setting at once: one window; a second language: still one, and it is reached', async () => {
  await tab.goto(mock.origin);
  await talk();
  await tab.run(`(CloudflareChat.setLocale('de'), CloudflareChat.setTheme({ mode: 'dark' }), CloudflareChat.setTheme({ radius: '8px' }))`);
  const shows = (text) => tab.until((root, wanted) => root.querySelector('textarea')?.placeholder == wanted && root.querySelector('[part=end]'), text);
  await shows('Nachricht schreiben');
  const windows = () => tab.inside((root) => root.querySelectorAll('dialog').length);
  assert.equal(await windows(), 1);
  await tab.run(`(CloudflareChat.setLocale('fr'), CloudflareChat.setLocale('es'))`);
  await shows('Escriba un mensaje');
  assert.equal(await windows(), 1);
  assert.equal(await tab.run(`document.querySelector('cloudflare-chat').lang`), 'es');
  await tab.run('CloudflareChat.close()');
  await tab.until((root) => !root.querySelector('dialog').open);
  await tab.run('CloudflareChat.open()');
  await tab.say('una');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq);
  await happens(() => mock.sockets.size == 1);
});

test('a form error at the button is not said of the next try', async () => {
  let tries = 0;
  mock.intercept = (socket, type) => {
    if (type == 'init' && !tries++) mock.send(socket, 'error', { code: 'turnstile_failed', message: 'We could not check that you are human.' });
    return type == 'init';
  };
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'ada@example.com');
  await tab.click('form button');
  await tab.until((root) => root.querySelector('form > em')?.textContent);
  await tab.click('form button');
  await happens(() => tries == 2);
  assert.equal(await tab.inside((root) => root.querySelector('form > em')?.textContent || ''), '');
});
