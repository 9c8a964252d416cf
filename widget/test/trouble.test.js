// What can be in the way: storage, servers, networks, strict pages, and the proof that a human writes. Chromium.

import test, { after, afterEach, before, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { LIMIT_MS, happens, startBrowser } from './browser.js';
import { startMock } from './mock.js';

const PAGE = (settings = '') => `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,"><script src="/chat-widget.min.js" ${settings}></script>`;

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
const talk = async () => {
  await tab.begin();
  await tab.say('hello');
  await tab.until((root) => root.querySelector('.visitor[data-seq="1"]'));
  mock.say('**hi** there');
  await tab.until((root) => root.querySelector('.agent strong'));
};

// Storage

for (const [what, prepare] of [
  ['full', `(() => { for (let size = 4e6; size; size >>= 1) try { for (let i = 0; ; i++) localStorage['fill' + size + i] = 'x'.repeat(size) } catch {} })()`],
  ['corrupt', `localStorage['cloudflare-chat'] = '9999999999999{"outbox":'`],
  ['of another shape', `localStorage['cloudflare-chat'] = '9999999999999{"outbox":{"0":1},"session":7}'`],
]) {
  test(`storage that is ${what} is survived`, async () => {
    await tab.goto(mock.origin);
    await tab.run(prepare);
    await tab.reload();
    await talk();
    assert.deepEqual(tab.printed, []);
  });
}

test('forbidden storage is survived, as in a sandboxed frame: the conversation lives with the page', async () => {
  mock.pages['/'] = `<!doctype html><html lang="en"><title>Outer</title><link rel="icon" href="data:,"><iframe sandbox="allow-scripts allow-forms" src="/inner" style="position:fixed;inset:0;width:100%;height:100%;border:0"></iframe>`;
  mock.pages['/inner'] = PAGE();
  await tab.goto(mock.origin);
  const frame = tab.page.frames().find((one) => one.url().endsWith('/inner'));
  const inner = Object.assign(Object.create(tab), {
    page: frame,
    run: (script) => frame.evaluate(script),
  });
  assert.match(await inner.run(`(() => { try { return typeof localStorage } catch (error) { return error.name } })()`), /SecurityError/);
  await inner.begin();
  await inner.say('hello');
  await inner.until((root) => root.querySelector('.visitor[data-seq="1"]'));
  mock.say('**hi** there');
  await inner.until((root) => root.querySelector('.agent strong'));
  mock.say('still connected');
  await inner.until((root) => root.querySelectorAll('.agent').length == 2);
  assert.equal(sent('init').length, 1);
  assert.deepEqual(tab.printed.filter((line) => line.includes('uncaught')), []);
});

// Servers

test('a server that answers nonsense does no harm', async () => {
  await tab.goto(mock.origin);
  await talk();
  const [socket] = mock.sockets;
  for (const nonsense of ['', 'null', '[]', '7', '{"type":', '{"type":"toString","data":{}}', '{"type":"__proto__"}', '{"type":"message"}', '{"type":"receipt","data":{"seq":"x"}}', '{"type":"edit","data":{"seq":"\\"]"}}', '{"type":"history","data":{}}', Buffer.from([0, 255, 1])]) socket.send(nonsense);
  mock.say('and on it goes');
  await tab.until((root) => [...root.querySelectorAll('.agent p')].at(-1).textContent == 'and on it goes');
  await tab.say('it does');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
});

test('a server that closes at once is asked again after a pause, and calmly', async () => {
  await tab.goto(mock.origin);
  // The pauses that the page asks for: how long they are in truth is this machine's affair.
  await tab.run(`(() => { const { setTimeout } = window; window.pauses = []; window.setTimeout = (then, ms, ...more) => (pauses.push(ms), setTimeout(then, ms, ...more)) })()`);
  mock.intercept = (socket, type) => type == 'init' && sent('init').length < 3 && (socket.terminate(), true);
  await tab.click('div > button');
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'ada@example.com');
  await tab.click('form button');
  await tab.until((root) => root.querySelector('output').textContent == 'Connecting…');
  await tab.find('textarea');
  assert.equal(sent('init').length, 3);
  const pauses = await tab.run('pauses');
  for (const [least, most] of [[1600, 2400], [3200, 4800]]) assert.ok(pauses.some((ms) => ms >= least && ms <= most), `${pauses}`);
});

test('a part that is blocked half-way is fetched again when it is needed again', async () => {
  mock.blocked.add('/chat-widget.more.min.js');
  await tab.goto(mock.origin);
  await tab.begin();
  mock.say('**one**');
  await tab.reads('**one**');
  mock.blocked.clear();
  mock.say('**two**');
  await tab.until((root) => root.querySelectorAll('.agent strong').length == 2);
});

test('a part that does not come when the connection is lost is fetched until it does, and the connection comes back', async () => {
  await tab.goto(mock.origin);
  await tab.begin();
  mock.blocked.add('/chat-widget.more.min.js');
  mock.isRefusing = true;
  mock.cut();
  await tab.say('written meanwhile');
  const fetched = () => mock.requests.filter((path) => path.includes('more.min')).length;
  await happens(() => fetched() > 1);
  mock.blocked.clear();
  mock.isRefusing = false;
  await happens(() => mock.session.log.length == 1);
  assert.deepEqual(tab.printed.filter((line) => line.includes('uncaught')), []);
});

test('a part that does not come is reported where there is a connection', async () => {
  mock.blocked.add('/chat-widget.more.min.js');
  await tab.goto(mock.origin);
  await tab.begin();
  mock.say('**one**');
  await happens(() => sent('report').length);
  assert.equal(sent('report')[0].code, 'import');
  assert.match(sent('report')[0].version, /^[0-9a-f]{6}$/);
});

test('a way to the conversation that the server no longer takes is dropped, and the conversation goes on', async () => {
  await tab.goto(mock.origin);
  await talk();
  const { sessionId } = mock.session;
  mock.isRefusing = ({ headers }) => headers['sec-websocket-protocol'].includes('route.');
  mock.reason = ({ url }) => (url.includes('?route=route-1') ? [400, { code: 'route_invalid', message: 'No such way.' }] : [200, { code: 'ok', message: 'Come in.' }]);
  mock.cut();
  await happens(() => sent('init').length == 2);
  assert.equal(sent('init')[1].sessionId, sessionId);
  await tab.say('here again');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
});

test('a refused message holds nothing up: what comes after it stands below it', async () => {
  await tab.goto(mock.origin);
  await talk();
  mock.intercept = (socket, type, data) => {
    if (data?.message != 'bad') return false;
    mock.send(socket, 'error', { code: 'message_too_long', field: 'message', id: data.id, message: 'This message is too long.' });
    return true;
  };
  await tab.say('bad');
  await tab.until((root) => root.querySelector('.visitor em')?.textContent.includes('too long'));
  // The same again would be refused again: it is there to be changed.
  assert.equal(await tab.inside((root) => root.querySelector('textarea').value), 'bad');
  assert.equal(await tab.inside((root) => root.querySelector('[part=retry]')), null);
  await tab.inside((root) => ((root.querySelector('textarea').value = ''), 0));
  await tab.say('good');
  await tab.until((root) => root.querySelectorAll('.visitor')[2]?.dataset.seq);
  mock.say('answer');
  await tab.reads('hello', 'hi there', 'bad', 'good', 'answer');
});

test('a message too big to be read at all does not stop those after it', async () => {
  await tab.goto(mock.origin);
  await talk();
  mock.intercept = (socket, type, data) => type == 'message' && data.message.startsWith('b') && (mock.send(socket, 'error', { code: 'frame_too_big', field: 'message', message: 'That is too much at once.' }), true);
  await tab.say('big');
  await tab.until((root) => root.querySelector('.visitor em')?.textContent.includes('too much'));
  await tab.inside((root) => ((root.querySelector('textarea').value = ''), 0));
  await tab.say('small');
  await happens(() => mock.session.log.at(-1).message == 'small');
});

test('who writes too fast is told so under the message', async () => {
  await tab.goto(mock.origin);
  await talk();
  mock.intercept = (socket, type, data) => {
    if (type != 'message') return false;
    mock.send(socket, 'error', { code: 'rate_limited', id: data.id, retryAfterMs: 30_000, message: 'That was a lot at once.' });
    return true;
  };
  await tab.say('fast');
  await tab.until((root) => [...root.querySelectorAll('.visitor small')].at(-1).textContent.includes('a lot at once'));
});

test('all tabs say that the connection is gone, and one asks why', async () => {
  await tab.goto(mock.origin);
  await talk();
  const other = await browser.tab();
  await other.goto(mock.origin);
  await other.until((root) => root?.querySelector('dialog')?.dataset.live);
  await happens(() => mock.sockets.size == 1);
  mock.isRefusing = true;
  mock.reason = [503, { code: 'capacity', message: 'Full.', retryAfterMs: 60_000 }];
  mock.cut();
  for (const one of [tab, other]) await one.until((root) => !root.querySelector('dialog').dataset.live);
  await tab.until((root) => root.querySelector('output').textContent.includes('Not available'));
  assert.equal(mock.requests.filter((path) => path.startsWith('/ws?route=')).length, 1);
  await other.close();
});

test('whoever is not let in reads so beside the button, and the other way', async () => {
  mock.isRefusing = true;
  mock.reason = [403, { code: 'origin_refused', message: 'Not here.' }];
  mock.pages['/'] = PAGE('data-fallback="help@example.com"');
  await tab.goto(mock.origin);
  await send();
  await tab.until((root) => root.querySelector('form button + em')?.textContent.includes('Not available'));
  assert.deepEqual(await tab.inside((root) => [root.querySelector('form').hidden, root.querySelector('output a').href]), [false, 'mailto:help@example.com']);
  // What was in the way is gone, and so is what was said of it.
  mock.isRefusing = false;
  await tab.click('form button');
  await tab.find('textarea');
  assert.equal(await tab.inside((root) => root.querySelector('form em')), null);
});

// Pages

test('above everything else on the page, whatever it does', async () => {
  mock.pages['/'] = PAGE() + '<style>* { all: revert } body > div { position: fixed; inset: 0; z-index: 2147483647; background: #eee; transform: translateZ(0) }</style><div></div>';
  await tab.goto(mock.origin);
  await tab.find('div > button');
  assert.equal(await tab.run(`document.elementFromPoint(innerWidth - 48, innerHeight - 48).localName`), 'cloudflare-chat');
  await talk();
});

test('back and forward: a page from the back/forward cache goes on', async (t) => {
  mock.pages['/next'] = '<!doctype html><title>Next</title>';
  await tab.goto(mock.origin);
  await talk();
  await tab.run(`addEventListener('pageshow', ({ persisted }) => (window.wasKept = persisted))`);
  await tab.goto(mock.origin + '/next');
  const end = Date.now() + LIMIT_MS;
  while (mock.sockets.size && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(mock.sockets.size, 0, 'a page that is not shown has no connection');
  mock.say('while away');
  await tab.page.goBack();
  await tab.until((root) => root?.querySelector('dialog') || root?.querySelector('div > button').dispatchEvent(new Event('pointerenter')));
  await tab.until((root) => root.querySelectorAll('.agent').length == 2);
  t.diagnostic(`the page came from the cache: ${Boolean(await tab.run('window.wasKept'))}`);
  await tab.run('CloudflareChat.open()');
  await tab.say('back again');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
  assert.equal(await tab.run(`document.querySelectorAll('cloudflare-chat').length`), 1);
});

test('links in what a visitor writes are live at once', async () => {
  await tab.goto(mock.origin);
  await talk();
  await tab.say('see https://example.com/page');
  await tab.until((root) => root.querySelector('.visitor a')?.href == 'https://example.com/page');
});

// Turnstile, played by a script of the same interface

const TURNSTILE = 'https://challenges.cloudflare.com/turnstile/v0/api.js';
const PLAY = `window.turnstile = { render(container, parameters) {
  window.rendered = { container, parameters };
  container.append(Object.assign(document.createElement('button'), { textContent: 'I am human', onclick: () => parameters.callback('token-1') }));
  return 'widget-1';
} }`;

/** Answers requests for Turnstile's script, each as the next entry says. */
async function play(...answers) {
  const asked = [];
  await tab.page.setRequestInterception(true);
  tab.page.on('request', (request) => {
    if (!request.url().startsWith(TURNSTILE)) return request.continue();
    asked.push(request.url());
    const body = answers.length > 1 ? answers.shift() : answers[0];
    return body ? request.respond({ contentType: 'text/javascript', body }) : request.abort();
  });
  return asked;
}

async function send() {
  await tab.click('div > button');
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'ada@example.com');
  await tab.click('form button');
}

test('Turnstile: fetched when the form is sent, shown through a slot, its token goes with init', async () => {
  await mock.close();
  mock = await startMock({
    page: PAGE('data-turnstile-site-key="0xSITEKEY" data-turnstile-action="chat" data-locale="de"'),
    csp: `default-src 'none'; img-src data:; script-src 'self' https://challenges.cloudflare.com; connect-src 'self'; require-trusted-types-for 'script'; trusted-types cloudflare-chat`,
  });
  const asked = await play(PLAY);
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.find('form');
  assert.deepEqual(asked, [], 'nothing of it before the form is sent');
  await tab.click('div > button');
  await send();
  await tab.until(() => window.rendered);
  const { container, parameters } = await tab.run(`({
    container: {
      isOnPage: document.contains(rendered.container),
      slot: rendered.container.assignedSlot?.localName,
      isVisible: rendered.container.querySelector('button').checkVisibility(),
    },
    parameters: { ...rendered.parameters, kinds: Object.entries(rendered.parameters).filter(([, value]) => typeof value == 'function').map(([key]) => key).sort() },
  })`);
  assert.deepEqual(container, { isOnPage: true, slot: 'slot', isVisible: true });
  assert.equal(parameters.sitekey, '0xSITEKEY');
  assert.equal(parameters.action, 'chat');
  assert.equal(parameters.language, 'de');
  assert.equal(parameters.appearance, 'interaction-only');
  assert.deepEqual(parameters.kinds, ['callback', 'error-callback', 'unsupported-callback']);
  assert.deepEqual(sent('init'), []);
  await tab.run(`rendered.container.querySelector('button').click()`);
  await tab.find('textarea');
  assert.equal(sent('init')[0].turnstileToken, 'token-1');
  assert.equal(await tab.run(`document.contains(rendered.container)`), false);
  assert.equal(asked.length, 1);
  assert.deepEqual(tab.printed, []);
});

test('Turnstile: a script that does not come, and a check that fails, are said, and can be tried again', async () => {
  mock.pages['/'] = PAGE('data-turnstile-site-key="0xSITEKEY"');
  await play('', PLAY);
  await tab.goto(mock.origin);
  await send();
  await tab.until((root) => [...root.querySelectorAll('em')].some((one) => one.textContent.includes('Not available')));
  await tab.click('form button');
  await tab.until(() => window.rendered);
  await tab.run(`(rendered.parameters['error-callback']('300030'), delete window.rendered)`);
  await tab.until((root) => [...root.querySelectorAll('em')].some((one) => one.textContent.includes('Not available')));
  await tab.click('form button');
  await tab.until(() => window.rendered);
  await tab.run(`rendered.parameters.callback('token-2')`);
  await tab.find('textarea');
  assert.equal(sent('init')[0].turnstileToken, 'token-2');
});
