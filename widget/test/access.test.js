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
  mock.say('hi');
  await tab.until((root) => root.querySelector('[part=end]'));
  await tab.run(`(() => { Object.defineProperty(visualViewport, 'height', { value: 400 }); visualViewport.dispatchEvent(new Event('resize')); })()`);
  await tab.until((root) => root.querySelector('dialog').getBoundingClientRect().bottom == 400 && root.querySelector('fieldset').getBoundingClientRect().bottom <= 400);
});

test('320 pixels, and 200 % zoom, need no scrolling sideways', async () => {
  await tab.page.setViewport({ width: 320, height: 560 });
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('a'.repeat(200));
  await tab.until((root) => root.querySelector('.visitor'));
  const over = await tab.inside((root) => [...root.querySelectorAll('dialog, section, article, fieldset')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.localName));
  assert.deepEqual(over, []);
});

test('right to left follows the page and the language', async () => {
  mock.pages['/'] = `<!doctype html><html lang="ar" dir="rtl"><title>T</title><script src="/chat-widget.min.js"></script>`;
  await tab.goto(mock.origin);
  await tab.begin();
  await tab.say('مرحبا');
  mock.say('Hello');
  await tab.reads('مرحبا', 'Hello');
  const { visitor, agent, button } = await tab.inside((root) => ({
    visitor: root.querySelector('.visitor p').getBoundingClientRect().left - root.querySelector('section').getBoundingClientRect().left,
    agent: root.querySelector('section').getBoundingClientRect().right - root.querySelector('.agent p').getBoundingClientRect().right,
    button: root.querySelector('div > button').getBoundingClientRect().left,
  }));
  assert.ok(visitor < 40 && agent < 40 && button == 20, JSON.stringify({ visitor, agent, button }));
});
