// Accessibility: axe in each state, light and dark; the keyboard; a phone; contrast on any colour. Chromium.

import test, { after, afterEach, before, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './browser.js';
import { startMock } from './mock.js';
import { walk } from './states.js';

const AXE = await readFile(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

let browser;
let mock;
let tab;

before(async () => {
  browser = await startBrowser();
});
after(() => browser.close());
beforeEach(async () => {
  mock = await startMock();
  mock.pages['/avatar.svg'] = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>';
  tab = await browser.tab();
});
afterEach(async () => {
  await tab.close();
  await mock.close();
});

/** Nothing that axe knows to be wrong. */
async function check(state) {
  for (const scheme of ['light', 'dark']) {
    await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
    await tab.run(AXE + ';0');
    const found = await tab.run(`axe.run('cloudflare-chat').then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target + ' ' + failureSummary)))`);
    assert.deepEqual(found, [], `${state}, ${scheme}`);
  }
}

test('axe finds nothing in any state, light or dark', () => walk(tab, mock, check));

for (const colour of ['#ffffff', '#000000', '#facc15', '#808080', '#777777', '#ff0000', '#00ff00', '#4f46e5']) {
  test(`text on ${colour} has enough contrast`, async () => {
    mock.pages['/'] = `<!doctype html><html lang="en"><title>T</title><script src="/chat-widget.min.js" data-primary-color="${colour}"></script>`;
    await tab.goto(mock.origin);
    await tab.begin();
    await tab.say('hello');
    await tab.until((root) => root.querySelector('.visitor'));
    await check(colour);
  });
}

test('a conversation with the keyboard alone', async () => {
  await tab.goto(mock.origin);
  await tab.find('div > button');
  const { keyboard } = tab.page;
  await tab.inside((root) => root.querySelector('div > button').focus());
  await keyboard.press('Enter');
  await tab.until((root) => root.activeElement?.name == 'name');
  await keyboard.type('Ada');
  await keyboard.press('Tab');
  await keyboard.type('ada@example.com');
  await keyboard.press('Enter');
  await tab.until((root) => root.activeElement?.localName == 'textarea');
  await keyboard.type('first line');
  await keyboard.down('Shift');
  await keyboard.press('Enter');
  await keyboard.up('Shift');
  await keyboard.type('second line');
  await keyboard.press('Enter');
  await tab.reads('first line\nsecond line');
  await keyboard.press('Escape');
  await tab.until((root) => !root.querySelector('dialog').open && root.activeElement == root.querySelector('div > button'));
});

for (const [what, viewport, isModal] of [
  ['beside the page it lets the keyboard pass', { width: 1280, height: 800 }, false],
  ['over the whole screen it keeps the keyboard', { width: 360, height: 740 }, true],
]) {
  test(`the Tab key: ${what}`, async () => {
    mock.pages['/'] = `<!doctype html><html lang="en"><title>T</title><a id="before" href="#">Before</a><script src="/chat-widget.min.js"></script>`;
    await tab.page.setViewport(viewport);
    await tab.goto(mock.origin);
    await tab.begin();
    mock.say('see https://example.com');
    await tab.until((root) => root.querySelector('.agent a') && root.querySelector('[part=end]'));
    const visited = [];
    for (let i = 0; i < 14; i++) {
      await tab.page.keyboard.press('Tab');
      visited.push(await tab.inside((root) => (root.activeElement?.localName || document.activeElement?.id) ?? ''));
    }
    for (const stop of ['a', 'textarea', 'button']) assert.ok(visited.includes(stop), `${stop} among ${visited}`);
    assert.equal(visited.includes('before'), !isModal, String(visited));
  });
}

test('a phone gets the whole screen, text that does not zoom, targets to touch, and a composer above the keyboard', async () => {
  await tab.page.setViewport({ width: 360, height: 740, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
  await tab.goto(mock.origin);
  await (await tab.find('div > button')).tap();
  await tab.find('form');
  const found = await tab.inside((root) => {
    const dialog = root.querySelector('dialog');
    const { width, height } = dialog.getBoundingClientRect();
    const small = [...root.querySelectorAll('dialog button, dialog input')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 44);
    return {
      width, height,
      isModal: dialog.matches(':modal'),
      text: getComputedStyle(root.querySelector('input')).fontSize,
      small: small.map((e) => e.outerHTML),
      pull: getComputedStyle(root.querySelector('section')).overscrollBehaviorY,
    };
  });
  assert.deepEqual(found, { width: 360, height: 740, isModal: true, text: '16px', small: [], pull: 'contain' });
  await tab.type('input[name=name]', 'Ada');
  await tab.type('input[name=email]', 'ada@example.com');
  await (await tab.find('form button')).tap();
  await tab.find('textarea');
  await tab.type('textarea', 'sent with the thumb');
  await (await tab.find('[part=send]')).tap();
  await tab.reads('sent with the thumb');
  mock.say('hi');
  await tab.until((root) => root.querySelector('[part=end]'));
  await tab.run(`(() => { Object.defineProperty(visualViewport, 'height', { value: 400 }); visualViewport.dispatchEvent(new Event('resize')); })()`);
  await tab.until((root) => root.querySelector('dialog').getBoundingClientRect().bottom == 400 && root.querySelector('fieldset').getBoundingClientRect().bottom <= 400);
});

test('a keyboard that was there before the lazy part is seen as well, and how far the page was moved for it', async () => {
  await tab.page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.run(`(() => { Object.defineProperty(visualViewport, 'height', { value: 400 }); visualViewport.dispatchEvent(new Event('resize')); })()`);
  mock.say('hi');
  await tab.until((root) => root.querySelector('[part=end]') && root.querySelector('dialog').getBoundingClientRect().bottom == 400);
  await tab.run(`(() => { Object.defineProperty(visualViewport, 'offsetTop', { value: 50 }); visualViewport.dispatchEvent(new Event('scroll')); })()`);
  await tab.until((root) => root.querySelector('dialog').getBoundingClientRect().top == 50);
});

test('a finger that drags the form does not move the page behind', async () => {
  mock.pages['/'] = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>T</title><body style="height: 5000px"><script src="/chat-widget.min.js"></script>`;
  await tab.page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
  await tab.goto(mock.origin);
  await tab.find('div > button');
  const devtools = await tab.page.createCDPSession();
  const drag = async () => {
    const touch = (type, ...points) => devtools.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((y) => ({ x: 180, y })) });
    await touch('touchStart', 600);
    for (let y = 580; y > 300; y -= 20) await touch('touchMove', y);
    await touch('touchEnd');
    await tab.run('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    return tab.run('scrollY');
  };
  await tab.click('div > button');
  await tab.find('form');
  assert.equal(await drag(), 0);
  await tab.run('CloudflareChat.close()');
  // Last, for a page goes on for a while after the finger has left it.
  assert.ok((await drag()) > 0, 'this browser would not be moved anyhow');
});

test('every target is at least 44 pixels high and wide, in every state', async () => {
  await tab.page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
  await walk(tab, mock, async (state) => {
    const small = await tab.inside((root) =>
      [...root.querySelectorAll('button, input, textarea')]
        .filter((element) => element.checkVisibility({ visibilityProperty: true }))
        .map((element) => [element.outerHTML, element.offsetWidth, element.offsetHeight])
        .filter(([, width, height]) => width < 44 || height < 44),
    );
    assert.deepEqual(small, [], state);
  });
});

test('on a narrow phone the header says in one line how soon somebody answers', async () => {
  await tab.page.setViewport({ width: 360, height: 740, isMobile: true, hasTouch: true });
  await tab.goto(mock.origin);
  await tab.begin();
  mock.say('hi');
  await tab.find('[part=end]');
  assert.ok((await tab.inside((root) => root.querySelector('output').offsetHeight)) < 24);
});

for (const [what, viewport] of [
  ['320 pixels', { width: 320, height: 560 }],
  ['200 % zoom', { width: 640, height: 400, deviceScaleFactor: 2 }],
  ['a phone on its side', { width: 740, height: 360, isMobile: true, hasTouch: true }],
]) {
  test(`${what}: nothing to scroll sideways, and the composer in sight`, async () => {
    await tab.page.setViewport(viewport);
    await tab.goto(mock.origin);
    await tab.begin();
    await tab.say('a'.repeat(200));
    mock.say('`' + 'b'.repeat(200) + '`');
    await tab.until((root) => root.querySelector('.visitor') && root.querySelector('.agent code'));
    await tab.type('textarea', 'c'.repeat(200));
    const over = await tab.inside((root) =>
      [...root.querySelectorAll('dialog, section, article, article p, fieldset, textarea, button')]
        .filter((element) => element.checkVisibility())
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1 || element.getBoundingClientRect().left < -1)
        .map((element) => element.outerHTML),
    );
    assert.deepEqual(over, []);
    const bottom = await tab.inside((root) => root.querySelector('fieldset').getBoundingClientRect().bottom);
    assert.ok(bottom <= viewport.height, `the composer ends at ${bottom}`);
  });
}

test('forced colours: edges show what a background cannot', async () => {
  const devtools = await tab.page.createCDPSession();
  await devtools.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('hello');
  mock.say('**hi** there');
  await tab.until((root) => root.querySelector('.agent strong') && root.querySelector('.visitor'));
  assert.equal(await tab.run(`matchMedia('(forced-colors: active)').matches`), true);
  for (const what of ['dialog', '.agent p', '.visitor p', 'fieldset', 'dialog button', 'div > button']) {
    await tab.until((root, selector) => parseFloat(getComputedStyle(root.querySelector(selector)).borderTopWidth) > 0, what);
  }
});

test('light and dark follow the system, or what the site says', async () => {
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.find('form');
  const seen = [];
  for (const mode of [undefined, 'dark', 'light', 'light dark']) {
    if (mode) await tab.run(`CloudflareChat.setTheme({ mode: '${mode}' })`);
    for (const scheme of ['light', 'dark']) {
      await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
      seen.push(await tab.inside((root) => (getComputedStyle(root.querySelector('dialog')).backgroundColor == 'rgb(255, 255, 255)' ? 'light' : 'dark')));
    }
  }
  assert.deepEqual(seen, ['light', 'dark', 'dark', 'dark', 'light', 'light', 'light', 'dark']);
});

test('nothing moves where motion is to be reduced', async () => {
  await tab.goto(mock.origin);
  await tab.click('div > button');
  await tab.find('form');
  const moving = () =>
    tab.inside((root) =>
      [root.host, ...root.querySelectorAll('*')].filter((element) => {
        const { transitionDuration, animationName } = getComputedStyle(element);
        return transitionDuration != '0s' || animationName != 'none';
      }).length,
    );
  await tab.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'no-preference' }]);
  assert.ok((await moving()) > 0);
  await tab.page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
  assert.equal(await moving(), 0);
});

test('right to left follows the page and the language', async () => {
  mock.pages['/'] = `<!doctype html><html lang="ar" dir="rtl"><title>T</title><script src="/chat-widget.min.js"></script>`;
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('مرحبا');
  await tab.until((root) => root.querySelector('.visitor')?.dataset.seq); // it is the first
  mock.say('Hello');
  await tab.reads('مرحبا', 'Hello');
  // A text of the other direction stays at its speaker's side, also above a receipt that is longer.
  await tab.say('ok');
  await tab.until((root) => root.querySelector('.visitor[data-seq="3"]'));
  mock.broadcast('receipt', { seq: 3, state: 'delayed' });
  await tab.until((root) => root.querySelector('.visitor[data-seq="3"]').textContent.includes('أطول'));
  const edges = await tab.inside((root) => [...root.querySelectorAll('.visitor p')].map((text) => text.getBoundingClientRect().left));
  assert.equal(edges[0], edges[1]);
  const { visitor, agent, button } = await tab.inside((root) => ({
    visitor: root.querySelector('.visitor p').getBoundingClientRect().left - root.querySelector('section').getBoundingClientRect().left,
    agent: root.querySelector('section').getBoundingClientRect().right - root.querySelector('.agent p').getBoundingClientRect().right,
    button: root.querySelector('div > button').getBoundingClientRect().left,
  }));
  assert.ok(visitor < 40 && agent < 40 && button == 20, JSON.stringify({ visitor, agent, button }));
});
