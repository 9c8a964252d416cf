// The widget on other people's pages: loading, strict policies, hostile style, the API. Chromium.

import test, { after, afterEach, before } from 'node:test';
import assert from 'node:assert/strict';
import { happens, startBrowser } from './browser.js';
import { startMock } from './mock.js';

/** The policy of docs: nothing but what the widget needs. */
const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'none'; img-src https: data:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types cloudflare-chat";

let browser;
let mock;
let tab;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());
afterEach(async () => {
  await tab.close();
  await mock.close();
});

/** Opens a page with the given markup. */
async function visit(body, { head = '', csp, path = '/', html = '<html lang="en">', ...pages } = {}) {
  mock = await startMock({ csp, pages });
  mock.pages[path] = `<!doctype html>${html}<head><meta charset="utf-8"><title>Test</title><link rel="icon" href="data:,">${head}</head><body>${body}</body></html>`;
  tab = await browser.tab();
  await tab.goto(mock.origin + path);
}
const SCRIPT = '<script src="/chat-widget.min.js" async></script>';
const talk = async () => {
  await tab.begin();
  await tab.say('hello');
  await tab.until((root) => root.querySelector('.visitor small').textContent.includes('Sent'));
  mock.say('**hi** there');
  await tab.until((root) => root.querySelector('.agent strong'));
};

test('runs under default-src none with Trusted Types', async () => {
  await visit(SCRIPT, { csp: CSP });
  await talk();
  assert.equal(await tab.run('typeof trustedTypes'), 'object');
  assert.deepEqual(tab.printed.filter((line) => /policy|trusted|uncaught/i.test(line)), []);
});

for (const [how, body, head] of [
  ['with async in the head', '', SCRIPT],
  ['with defer', '', '<script src="/chat-widget.min.js" defer></script>'],
  ['at once in the head', '', '<script src="/chat-widget.min.js"></script>'],
  ['as a module', '<script type="module" src="/chat-widget.min.js"></script>'],
  ['twice', SCRIPT + SCRIPT],
]) {
  test(`loaded ${how}, it is there once and works`, async () => {
    await visit(body, { head });
    await talk();
    assert.equal(await tab.run(`document.querySelectorAll('cloudflare-chat').length`), 1);
    assert.deepEqual(tab.printed, []);
  });
}

test('loaded late, by a script', async () => {
  await visit('<p>Page</p>');
  await tab.run(`(() => { const s = document.createElement('script'); s.src = '/chat-widget.min.js'; document.head.append(s); })()`);
  await talk();
});

test('configuration may stand before or after the script, or on it', async () => {
  await visit(
    `<script>window.CloudflareChat = { title: 'Before', theme: { primaryColor: 'rgb(1, 2, 3)' } }</script>
     <script src="/chat-widget.min.js" data-position="top-left" data-greeting="On it"></script>
     <script>window.CloudflareChat = { label: 'After', name: 'Ada' }</script>`,
  );
  await tab.click('div > button');
  await tab.find('form');
  const found = await tab.inside((root) => {
    const button = root.querySelector('div > button');
    const box = button.getBoundingClientRect();
    return {
      title: root.querySelector('h2').textContent,
      label: button.ariaLabel,
      name: root.querySelector('input').value,
      greeting: root.querySelector('form').textContent.includes('On it'),
      colour: getComputedStyle(button).backgroundColor,
      corner: [box.x, box.y],
      below: root.querySelector('dialog').getBoundingClientRect().y > box.y,
    };
  });
  assert.deepEqual(found, { title: 'Before', label: 'After', name: 'Ada', greeting: true, colour: 'rgb(1, 2, 3)', corner: [20, 20], below: true });
});

test('every setting may stand on the tag: objects, lists and truth as JSON', async () => {
  await visit(
    `<script src="/chat-widget.min.js" data-strings='{"Start the chat": "Ask us"}' data-identity='{"name": "Ada", "email": "ada@example.com", "hash": "abc"}'
      data-hidden="false" data-sound="false" data-title="2024" data-queue='[["setTheme", {"primaryColor": "rgb(1, 2, 3)"}], ["open"]]'></script>`,
  );
  await tab.until((root) => root?.querySelector('[part~=message]'));
  assert.equal(mock.frames[0].data.hash, 'abc');
  const found = await tab.inside((root) => ({
    colour: getComputedStyle(root.querySelector('div > button')).backgroundColor,
    title: root.querySelector('h2').textContent,
    isHidden: root.querySelector('div > button').hidden,
  }));
  assert.deepEqual(found, { colour: 'rgb(1, 2, 3)', title: '2024', isHidden: false });
  await tab.run('CloudflareChat.reset()');
  await tab.until((root) => root.querySelector('form button').textContent == 'Ask us');
});

test('calls that were queued before the script came are carried out', async () => {
  await visit(`<script>window.CloudflareChat = { queue: [['on', 'open', () => document.title = 'opened'], ['open']] }</script>` + SCRIPT);
  await tab.until((root) => root?.querySelector('dialog')?.open);
  assert.equal(await tab.run('document.title'), 'opened');
});

test('the API opens, closes, hides, shows, styles and destroys', async () => {
  await visit(SCRIPT);
  await tab.find('div > button');
  const state = () => tab.inside((root) => [root.querySelector('dialog')?.open, root.querySelector('div > button').hidden]);
  await tab.run('CloudflareChat.open()');
  await tab.until((root) => root.querySelector('dialog')?.open);
  await tab.run('CloudflareChat.close()');
  assert.deepEqual(await state(), [false, false]);
  await tab.run('CloudflareChat.hide()');
  assert.deepEqual(await state(), [false, true]);
  await tab.run('CloudflareChat.show()');
  await tab.run(`CloudflareChat.setTheme({ primaryColor: 'rgb(9, 9, 9)' })`);
  assert.equal(await tab.inside((root) => getComputedStyle(root.querySelector('div > button')).backgroundColor), 'rgb(9, 9, 9)');
  await tab.run('CloudflareChat.destroy()');
  assert.equal(await tab.run(`document.querySelectorAll('cloudflare-chat').length`), 0);
  await tab.run('CloudflareChat.show()');
  await tab.find('div > button');
});

test('events tell the page what happens', async () => {
  await visit(`<script>window.seen = []; window.CloudflareChat = { queue: ['open', 'ready', 'message', 'unread', 'close'].map((name) => ['on', name, ({ detail }) => seen.push(name)]) }</script>` + SCRIPT);
  await talk();
  await tab.press('textarea', 'Escape');
  mock.say('one more');
  await tab.until((root) => root.querySelector('div > button').dataset.unread == '1');
  const seen = await tab.run('seen');
  for (const event of ['open', 'ready', 'message', 'unread', 'close']) assert.ok(seen.includes(event), event);
  // What was seen before is no news to a page that is loaded again.
  await tab.run('CloudflareChat.open()');
  await happens(() => mock.frames.some(({ type, data }) => type == 'seen' && data.seq == 3));
  await tab.reload();
  await tab.until((root) => root?.querySelectorAll('.agent').length == 2);
  assert.deepEqual((await tab.run('seen')).filter((name) => name == 'message'), []);
});

test('an identified visitor skips the form; another one gets another conversation', async () => {
  await visit(`<script>window.CloudflareChat = { identity: { name: 'Ada', email: 'ada@example.com', hash: 'abc' } }</script>` + SCRIPT);
  await tab.click('div > button');
  await tab.find('textarea');
  await tab.until((root) => root.querySelector('[part~=message]'));
  assert.equal(mock.frames[0].data.hash, 'abc');
  await tab.say('mine');
  await tab.until((root) => root.querySelector('.visitor small').textContent.includes('Sent'));
  await tab.run(`CloudflareChat.identify({ name: 'Bob', email: 'bob@example.com' })`);
  await tab.until((root) => !root.querySelector('.visitor'));
  await tab.run(`CloudflareChat.close()`);
  await tab.run(`CloudflareChat.open()`);
  await tab.until(() => JSON.parse(localStorage['cloudflare-chat']?.slice(13) || '{}').email == 'bob@example.com');
  assert.equal(mock.sessions.size, 2);
});

test('a stored conversation of one visitor is never shown to another', async () => {
  await visit(SCRIPT);
  await talk();
  mock.pages['/'] = `<!doctype html><script>window.CloudflareChat = { identity: { name: 'Bob', email: 'bob@example.com' } }</script>` + SCRIPT;
  await tab.reload();
  await tab.until((root) => root && !localStorage['cloudflare-chat']);
  assert.equal(await tab.inside((root) => root.querySelectorAll('.visitor').length), 0);
});

test('reset wipes everything, and says when something was not sent', async () => {
  await visit(SCRIPT);
  await talk();
  mock.intercept = (socket, type) => type == 'message';
  await tab.say('never acknowledged');
  await tab.run(`CloudflareChat.on('error', ({ detail }) => document.title = detail.code)`);
  await tab.run('CloudflareChat.reset()');
  await tab.find('input[name=name]');
  assert.equal(await tab.run('document.title'), 'unsent');
  assert.equal(await tab.run(`localStorage['cloudflare-chat']`), undefined);
});

test('a page that replaces its body keeps the chat and the conversation', async () => {
  await visit(SCRIPT);
  await talk();
  await tab.run(`(() => { const body = document.createElement('body'); body.textContent = 'next page'; document.body.replaceWith(body); })()`);
  await tab.until((root) => root?.querySelectorAll('[part~=message]').length == 3);
  await tab.say('still here');
  await tab.until((root) => root.querySelectorAll('.visitor').length == 2);
});

test('the page of a message is the one the visitor is on then; chosen pages have no button', async () => {
  await visit(`<script>window.CloudflareChat = { hideOn: '^/checkout' }</script>` + SCRIPT);
  await tab.begin();
  await tab.run(`history.pushState(null, '', '/prices')`);
  await tab.say('on the next page');
  await tab.until((root) => root.querySelector('.visitor small').textContent.includes('Sent'));
  assert.equal(mock.frames.findLast(({ type }) => type == 'message').data.page, '/prices');
  await tab.run(`history.pushState(null, '', '/checkout')`);
  await tab.until((root) => root.querySelector('div > button').hidden);
  await tab.run(`history.back()`);
  await tab.until((root) => !root.querySelector('div > button').hidden);
});

test('any element may open it', async () => {
  await visit('<button data-chat-open>Help</button>' + SCRIPT);
  await tab.find('div > button');
  await tab.run(`document.querySelector('[data-chat-open]').click()`);
  await tab.until((root) => root.querySelector('dialog')?.open);
});

test('destroy() leaves the title as it was; show() brings back a button that works', async () => {
  await visit(SCRIPT);
  await talk();
  await tab.run('CloudflareChat.close()');
  mock.say('one more');
  await tab.until((root) => root.querySelector('div > button').dataset.unread == '1');
  assert.equal(await tab.run('document.title'), '(1) Test');
  await tab.run('CloudflareChat.destroy()');
  assert.equal(await tab.run('document.title'), 'Test');
  await tab.run('CloudflareChat.show()');
  await tab.click('div > button');
  await tab.until((root) => root.querySelector('dialog')?.open);
  await tab.say('back');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
  assert.equal(await tab.inside((root) => root.querySelectorAll('dialog').length), 1);
});

test('the title of the page stays what the page makes of it', async () => {
  await visit(SCRIPT);
  await tab.run(`document.title = '(3) Inbox'`);
  await talk();
  const title = () => tab.run('document.title');
  assert.equal(await title(), '(3) Inbox');
  await tab.run('CloudflareChat.close()');
  mock.say('one');
  await tab.until((root) => root.querySelector('div > button').dataset.unread == '1');
  assert.equal(await title(), '(1) (3) Inbox');
  await tab.run(`document.title = '(4) Inbox'`);
  mock.say('two');
  await tab.until((root) => root.querySelector('div > button').dataset.unread == '2');
  assert.equal(await title(), '(2) (4) Inbox');
  // The button says it as well, whatever is set meanwhile.
  await tab.run(`CloudflareChat.setTheme({ radius: '8px' })`);
  await tab.until((root) => root.querySelector('div > button').ariaLabel == '(2) Chat');
  await tab.run('CloudflareChat.open()');
  await tab.until((root) => !root.querySelector('div > button').dataset.unread);
  assert.equal(await title(), '(4) Inbox');
});

test('a call in the queue that is none leaves the chat as it is', async () => {
  await visit(`<script>window.CloudflareChat = { queue: [['opn']] }</script>` + SCRIPT);
  await tab.click('div > button');
  await tab.until((root) => root.querySelector('dialog')?.open);
  assert.equal(await tab.run('typeof CloudflareChat.open'), 'function');
});

test('within a bundle of the page, and beside a picture of that name, the parts come from the server', async () => {
  await visit('');
  mock.pages['/assets/app.js'] = await (await fetch(mock.origin + '/chat-widget.min.js')).text();
  mock.pages['/'] = `<!doctype html><html lang="en"><title>Test</title><link rel="icon" href="data:,"><img src="/pictures/chat-widget.svg" alt=""><script>window.CloudflareChat = { workerUrl: '${mock.origin}' }</script><script src="/assets/app.js"></script>`;
  await tab.reload();
  await talk();
});

test('colours that are not given are the usual ones', async () => {
  await visit(SCRIPT);
  await tab.run('CloudflareChat.setTheme({ primaryColor: undefined, radius: null })');
  assert.equal(await tab.inside((root) => getComputedStyle(root.querySelector('div > button')).backgroundColor), 'rgb(79, 70, 229)');
});

test('a click that hits no element is none of ours', async () => {
  await visit(SCRIPT);
  await tab.find('div > button');
  await tab.run(`(document.dispatchEvent(new Event('click', { bubbles: true })), window.dispatchEvent(new Event('click')))`);
  assert.deepEqual(tab.printed, []);
});

test('where a browser does not tell of paths, a click and going back do; an open window closes on a page without a button', async () => {
  await visit(`<script>Object.defineProperty(window, 'navigation', { value: undefined }); window.CloudflareChat = { hideOn: '^/checkout' }</script><button id="next">Next</button><button id="ask" data-chat-open>Ask</button>` + SCRIPT);
  await talk();
  await tab.run(`document.querySelector('#next').onclick = () => history.pushState(null, '', '/checkout')`);
  await tab.run(`document.querySelector('#next').click()`);
  assert.equal(await tab.inside((root) => root.querySelector('div > button').hidden), true);
  await tab.until((root) => !root.querySelector('dialog').open);
  // The page's own button opens it there all the same, and another click does not close it.
  await tab.run(`document.querySelector('#ask').click()`);
  await tab.until((root) => root.querySelector('dialog').open);
  await tab.run(`document.querySelector('#ask').click()`);
  await tab.say('from the checkout');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].at(-1).dataset.seq);
  await tab.run('history.back()');
  await tab.until((root) => !root.querySelector('div > button').hidden);
});

test('a failed import is tried again', async () => {
  await visit(SCRIPT);
  mock.blocked.add('/chat-widget.window.min.js');
  await tab.click('div > button');
  await tab.until(() => performance.getEntriesByName(location.href) && true);
  mock.blocked.clear();
  await tab.until((root) => root.querySelector('dialog')?.open || root.querySelector('div > button').click());
});

test('style of the page does not reach in, and ours does not reach out', async () => {
  const hostile = '<style>* { all: revert !important; display: block !important; color: red !important } html { font-size: 62.5% } button, div, p { background: red !important; width: 5px !important } cloudflare-chat { display: none !important; opacity: 0 !important }</style>';
  await visit('<p id="probe">Text</p>' + SCRIPT, { head: hostile });
  const before = await tab.run(`JSON.stringify(Object.fromEntries([...getComputedStyle(document.querySelector('#probe'))].map((p) => [p, getComputedStyle(document.querySelector('#probe'))[p]])))`);
  await talk();
  const box = await tab.inside((root) => {
    const { width, height } = root.querySelector('div > button').getBoundingClientRect();
    return { width, height, size: getComputedStyle(root.querySelector('.agent p')).fontSize, colour: getComputedStyle(root.querySelector('.agent p')).color };
  });
  assert.deepEqual(box, { width: 56, height: 56, size: '15px', colour: 'rgb(0, 0, 0)' });
  const after = await tab.run(`JSON.stringify(Object.fromEntries([...getComputedStyle(document.querySelector('#probe'))].map((p) => [p, getComputedStyle(document.querySelector('#probe'))[p]])))`);
  assert.equal(after, before);
});

test('the layout of the page does not move', async () => {
  await visit('<p>Text</p>', {});
  await tab.run(`(() => { window.shift = 0; new PerformanceObserver((l) => l.getEntries().forEach((e) => shift += e.value)).observe({ type: 'layout-shift', buffered: true }); const s = document.createElement('script'); s.src = '/chat-widget.min.js'; document.head.append(s); })()`);
  await tab.find('div > button');
  assert.equal(await tab.run('shift'), 0);
});

for (const [code, status, terminal] of [['origin_refused', 403, true], ['capacity', 503, false]]) {
  test(`a refused upgrade (${code}) is explained once, with the site's fallback`, async () => {
    await visit(`<script>window.CloudflareChat = { fallback: 'help@example.com' }</script>` + SCRIPT);
    mock.isRefusing = true;
    mock.reason = [status, { code, message: `The reason is ${code}.`, retryAfterMs: 60_000 }];
    await tab.click('div > button');
    await tab.type('input[name=name]', 'Ada');
    await tab.type('input[name=email]', 'ada@example.com');
    await tab.click('form button');
    await tab.until((root) => root.querySelector('output a')?.href == 'mailto:help@example.com');
    assert.equal(tab.printed.filter((line) => line.includes(`The reason is ${code}.`)).length, 1);
    // Where it will not be otherwise later, nobody waits for it.
    await tab.until((root, isOver) => root.querySelector('form button').disabled != isOver, terminal);
    const asked = mock.requests.length;
    await tab.run(`document.dispatchEvent(new Event('visibilitychange'))`);
    assert.equal(mock.requests.length, asked);
  });
}

test('the previous release’s eager part works with today’s window', async () => {
  await visit('<script src="/widget/test/fixtures/eager-first.min.js" data-base="/"></script>');
  await talk();
});

for (const file of ['basic', 'custom-styling', 'spa-integration']) {
  test(`examples/${file}.html runs as it is`, async () => {
    mock = await startMock({ csp: CSP.replace("style-src 'none'", "style-src 'self'").replace('cloudflare-chat', "'none'") });
    tab = await browser.tab();
    await tab.goto(`${mock.origin}/examples/${file}.html`);
    await talk();
    assert.deepEqual(tab.printed, []);
  });
}

test('the language can be changed while the window is open', async () => {
  await visit(SCRIPT);
  await talk();
  await tab.run(`CloudflareChat.setLocale('de')`);
  await tab.until((root) => root.querySelector('textarea')?.placeholder == 'Nachricht schreiben' && root.querySelectorAll('.agent').length == 1);
  await tab.say('weiter');
  await tab.until((root) => [...root.querySelectorAll('.visitor')].filter((element) => element.dataset.seq).length == 2);
  assert.equal(await tab.inside((root) => root.querySelectorAll('dialog').length), 1);
});
