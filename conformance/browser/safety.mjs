// Texts that try something, in each field, as two real browsers show them: the
// visitor's window and the team's console. Nothing runs, nothing becomes an
// element that it should not, nothing is asked of anybody else.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { begin, conversation, hears, inside, keepPictures, openPage, say, startBrowser, startChat, until } from './stage.mjs';

// A page without a policy of its own: here an injection would run.
const HTML = '<!doctype html><meta charset="utf-8"><title>Shop</title><link rel="icon" href="data:,">';
// As docs/security.md has it.
const CONSENT = `<script>
  const consent = document.createElement('small');
  consent.innerHTML = 'We keep what you write for 90 days. <a href="/privacy">Privacy</a>';
  window.CloudflareChat = { queue: [['append', consent]] };
</script>`;
const WATCH = () => {
  window.harmed = [];
  window.harm = (what) => window.harmed.push(String(what));
  window.alert = window.prompt = window.confirm = window.harm;
};

const SCRIPTS = [
  '<script>harm(1)</script>', '<img src=x onerror=harm(2)>', '<svg onload=harm(3)>', '<svg><script>harm(4)</script></svg>', '<iframe srcdoc="<script>parent.harm(5)</script>">',
  '<a href="javascript:harm(6)">click</a>', '[click](javascript:harm(7))', '<javascript:harm(8)>', '<details open ontoggle=harm(9)>', '<input autofocus onfocus=harm(10)>',
  '<body onload=harm(11)>', '<style>@import "//evil.example"</style>', '<link rel=stylesheet href=//evil.example>', '<base href=//evil.example>', '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<form action=//evil.example><button>x</button></form>', '<object data="javascript:harm(12)">', '<embed src="javascript:harm(13)">', '<video><source onerror=harm(14)>', '<math><mtext><table><mglyph><style><img src=x onerror=harm(15)>',
  '<noscript><p title="</noscript><img src=x onerror=harm(16)>">', '<template><script>harm(17)</script></template>', '<x onclick=harm(18) id=config>x</x>', '${harm(19)}', '{{constructor.constructor("harm(20)")()}}',
  'data:text/html,<script>harm(21)</script>', 'https://evil.example/"onmouseover="harm(22)', "https://evil.example/'onmouseover='harm(23)", '<https://evil.example/"><script>harm(24)</script>>', '\\u003cscript\\u003eharm(25)\\u003c/script\\u003e',
];
const WRAPS = [(s) => s, (s) => '">' + s, (s) => '</textarea></p></article>' + s, (s) => '`' + s + '` ' + s, (s) => '> ' + s + '\n**' + s + '**'];
const CORPUS = readFileSync(new URL('../../discord/text/testdata/malicious.ndjson', import.meta.url), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
// What nobody can see is refused; conformance holds that.
const SEEN = /[^\s\p{Cf}\p{Cc}\p{M}\u2800\u3164\u115f\u1160\uffa0]/u;
const TEXTS = [...SCRIPTS.flatMap((s) => WRAPS.map((wrap) => wrap(s))), ...CORPUS].filter((s) => SEEN.test(s) && s.length < 1500);
const COUNT = 200;
const BATCH = 100;
assert.ok(TEXTS.length >= 2 * COUNT);
/** A script and a text of Discord's by turns. */
const text = (i) => TEXTS[(i % 2 ? i >> 1 : TEXTS.length - 1 - (i >> 1)) % TEXTS.length];

let chat;
let site;
let browser;

before(async () => {
  chat = await startChat();
  site = createServer((request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(`${HTML}${request.url === '/consent' ? CONSENT : ''}<script src="${chat.page}/chat-widget.min.js" async></script>`);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  site?.close();
  await chat?.close();
});

/** Asks the stand-in as a member of the team who is called so. */
async function discord(method, path, body, name = 'Ada') {
  const response = await fetch(`${chat.discord}/api/v10${path}`, {
    method,
    headers: { Authorization: 'User ' + encodeURIComponent(name), 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  return { ok: response.ok, body: await response.json().catch(() => null) };
}

/** The thread of a visitor. */
const threadOf = (email) =>
  until(`a thread for ${email}`, async () => {
    const { body: channel } = await discord('GET', `/channels/${chat.channel}`);
    const { body } = await discord('GET', `/guilds/${channel.guild_id}/threads/active`);
    return body.threads.find((thread) => thread.name.endsWith(email))?.id;
  });

/** Says the first thing, which opens the thread. */
async function begun(page, email) {
  await say(page, 'Hello');
  return threadOf(email);
}

/** What the window shows of somebody, from the oldest. */
const shown = async (page, who) => (await conversation(page)).filter(([from]) => from === who).map(([, what]) => what);

/** What stands in a document, or in the widget, that no text may bring there. */
const oddities = (page, root, tags) =>
  page.evaluate(
    (wanted, allowed) => {
      const top = wanted ? document.querySelector(wanted) : document.querySelector('cloudflare-chat').shadowRoot.querySelector('[role=log]');
      const found = [...window.harmed.map((what) => `ran: ${what}`)];
      for (const element of top.querySelectorAll('*')) {
        if (!allowed.includes(element.localName)) found.push(`<${element.localName}> ${element.outerHTML.slice(0, 200)}`);
        for (const { name, value } of element.attributes) {
          const isOdd = name.startsWith('on') || ['src', 'srcdoc', 'action', 'formaction', 'xlink:href'].includes(name) ||
            (name === 'href' && element.localName !== 'use' && !['http:', 'https:'].includes(new URL(value, location.href).protocol));
          if (isOdd) found.push(`${name}=${value}`);
        }
      }
      return [...new Set(found)];
    },
    root,
    tags,
  );

const MARKUP = ['strong', 'cite', 'em', 'u', 's', 'mark', 'code', 'pre', 'blockquote', 'a', 'br'];
const IN_WINDOW = [...MARKUP, 'article', 'b', 'p', 'small', 'span', 'bdi', 'time'];
const IN_CONSOLE = [...IN_WINDOW, 'li', 'ul', 'ol', 'div', 'del', 'h1', 'h2', 'h3', 'sub', 'button', 'svg', 'use', 'i'];

async function scene(title, play) {
  test(title, async () => {
    const context = await browser.createBrowserContext();
    const pages = {};
    const open = async (name, url) => {
      const page = await openPage(context, 'about:blank');
      await page.evaluateOnNewDocument(WATCH);
      page.problems = [];
      pages[name] = page;
      await page.goto(url, { waitUntil: 'load' });
      return page;
    };
    try {
      await play(open);
      for (const [name, page] of Object.entries(pages)) {
        assert.deepEqual(page.problems, [], `${name} complains`);
        for (const origin of page.origins) assert.match(origin, /^http:\/\/127\.0\.0\.1:/, `${name} asked somebody else`);
      }
    } catch (error) {
      await keepPictures(pages);
      throw error;
    } finally {
      await context.close();
    }
  });
}

scene(`${COUNT} texts of visitors and of agents, in the window and in the console`, async (open) => {
  const page = await open('page', `http://127.0.0.1:${site.address().port}/`);
  const email = 'mal@visitor.example';
  await begin(page, { name: '<img src=x onerror=harm(0)>', email });
  const input = await inside(page, 'textarea');
  const thread = await begun(page, email);
  // By a hundred at a time: the window shows no more than it must.
  for (let from = 0; from < COUNT; from += BATCH) {
    const typed = [];
    for (let i = from; i < from + BATCH; i++) {
      typed.push(text(i).trim().replace(/\r\n?/g, '\n')); // as a text field holds it
      await page.evaluate(
        (area, value) => {
          history.pushState(null, '', '/p' + encodeURI(value));
          area.value = value;
          area.dispatchEvent(new InputEvent('input', { bubbles: true }));
          area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', keyCode: 13, bubbles: true, cancelable: true }));
        },
        input,
        text(i),
      );
    }
    await until('all of them taken', () => page.evaluate(() => CloudflareChat.shadowRoot.querySelectorAll('.visitor[data-seq=""]').length === 0));
    assert.deepEqual((await shown(page, 'visitor')).slice(-BATCH).map((s) => s.trim()), typed, 'the window shows something else than was typed');
    assert.deepEqual(await oddities(page, '', IN_WINDOW), []);
  }
  for (let from = 0, said = 0; from < COUNT; from += BATCH) {
    for (; said < from + BATCH; said++) {
      // A note for the team would not reach the visitor.
      const content = text(said).replace(/^\/\//, '/');
      const { ok, body } = await discord('POST', `/channels/${thread}/messages`, { content }, [...text(said + 1)].slice(0, 28).join(''));
      assert.ok(ok, JSON.stringify([content, body]));
    }
    const last = `Number ${said}.`;
    await discord('POST', `/channels/${thread}/messages`, { content: last });
    await hears(page, 'agent', last);
    assert.ok((await shown(page, 'agent')).length >= BATCH, 'answers are missing');
    assert.deepEqual(await oddities(page, '', IN_WINDOW), []);
  }

  await page.reload({ waitUntil: 'load' });
  await (await inside(page, '[part=button]')).click();
  await hears(page, 'agent', `Number ${COUNT}.`);
  assert.deepEqual(await oddities(page, '', IN_WINDOW), [], 'after the page was loaded again');

  const consolePage = await open('console', `${chat.discord}/#/threads/${thread}`);
  await until('the thread in the console', () => consolePage.evaluate((last) => document.querySelector('#messages').textContent.includes(last), `Number ${COUNT}.`));
  assert.deepEqual(await oddities(consolePage, '#messages', IN_CONSOLE), []);
});

scene(`${COUNT} visitors whose names, addresses, pages and texts try something, in the console`, async (open) => {
  const page = await open('page', `http://127.0.0.1:${site.address().port}/`);
  const people = [];
  for (let i = 0; people.length < COUNT && i < TEXTS.length; i++) {
    const local = text(i + 2).replace(/[^!#$%&'*+/=?^_`{|}~\w-]/g, '').slice(0, 40);
    const person = { name: text(i), email: `n${i}.x${local}@visitor.example`, page: text(i + 1), message: `${text(i + 3)} – number ${i}.` };
    const isIn = await page.evaluate(
      ({ address, person }) =>
        new Promise((resolve) => {
          const socket = new WebSocket(address);
          const send = (type, data) => socket.send(JSON.stringify({ type, data }));
          socket.onopen = () => send('init', { ...person, since: 0 });
          socket.onmessage = ({ data }) => {
            const { type } = JSON.parse(data);
            if (type === 'ready') send('message', { message: person.message, id: 'm' });
            if (type === 'ack' || type === 'error') {
              resolve(type === 'ack');
              socket.close();
            }
          };
        }),
      { address: chat.page.replace('http', 'ws') + '/ws', person },
    );
    if (isIn) people.push({ ...person, i });
  }
  assert.equal(people.length, COUNT);
  const consolePage = await open('console', `${chat.discord}/`);
  await until('all threads in the list', () => consolePage.evaluate((count) => document.querySelectorAll('#threads a').length >= count, COUNT));
  for (const { email, i } of people) {
    const thread = await threadOf(email);
    await consolePage.evaluate((id) => (location.hash = `#/threads/${id}`), thread);
    await until(`what number ${i} said`, () => consolePage.evaluate((wanted) => document.querySelector('#messages').textContent.includes(wanted), `– number ${i}.`));
    assert.deepEqual(await oddities(consolePage, '#messages', IN_CONSOLE), []);
  }
  assert.deepEqual(await oddities(consolePage, '#threads', IN_CONSOLE), []);
});

scene('a line of consent with a link, read before anything is stored or sent', async (open) => {
  const page = await open('page', `http://127.0.0.1:${site.address().port}/consent`);
  await (await inside(page, '[part=button]')).click();
  await inside(page, '[part=submit]');
  const seen = await page.evaluate(() => {
    const [line, form] = [document.querySelector('cloudflare-chat small'), CloudflareChat.shadowRoot.querySelector('form')];
    const [a, b] = [line.getBoundingClientRect(), form.getBoundingClientRect()];
    return { text: line.innerText, link: line.querySelector('a').pathname, isIn: line.checkVisibility() && a.height > 0 && a.top > b.top && a.bottom < b.bottom, stored: localStorage.length };
  });
  assert.deepEqual(seen, { text: 'We keep what you write for 90 days. Privacy', link: '/privacy', isIn: true, stored: 0 });
});
