// Long conversations and long lives. Chromium.

import test, { after, afterEach, before, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import { startBrowser } from './browser.js';
import { startMock } from './mock.js';

let browser;
let mock;
let tab;

before(async () => {
  browser = await startBrowser(['--js-flags=--expose-gc']);
});
after(() => browser.close());
beforeEach(async () => {
  mock = await startMock();
  tab = await browser.tab();
  await tab.goto(mock.origin);
  await tab.begin();
});
afterEach(async () => {
  await tab.close();
  await mock.close();
});

test('an answer costs the same at 10 and at 10,000, and at most 200 messages stay in the page', async () => {
  const operations = async () => {
    await tab.inside((root) => {
      window.operations = 0;
      window.observer = new MutationObserver((records) => (operations += records.reduce((sum, { addedNodes, removedNodes }) => sum + addedNodes.length + removedNodes.length, 0)));
      observer.observe(root.querySelector('section'), { childList: true, subtree: true });
    });
    mock.say('counted ' + mock.session.log.length);
    await tab.until((root, seq) => root.querySelector(`[data-seq="${seq}"]`), mock.session.log.length);
    await tab.run('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
    return tab.run('(observer.disconnect(), operations)');
  };
  for (let i = 0; i < 10; i++) mock.say('m' + i);
  await tab.until((root) => root.querySelectorAll('.agent').length == 10);
  await tab.until((root) => root.querySelector('[part=end]'));
  const atTen = await operations();
  while (mock.session.log.length < 10_000) {
    mock.say('m' + mock.session.log.length);
    const { length } = mock.session.log;
    if (length % 500 == 0) await tab.until((root, seq) => root.querySelector(`[data-seq="${seq}"]`), length);
  }
  const atTenThousand = await operations();
  assert.equal(atTenThousand, atTen);
  const count = await tab.inside((root) => root.querySelectorAll('[part~=message]').length);
  assert.ok(count <= 201, `${count} messages in the page`);
});

test('opening and closing a hundred times leaves nothing behind', async () => {
  mock.say('hello');
  await tab.reads('hello');
  await tab.find('[part=end]'); // all parts are here
  const client = await tab.page.createCDPSession();
  const heap = async () => {
    for (let i = 0; i < 4; i++) await client.send('HeapProfiler.collectGarbage');
    return (await client.send('Runtime.getHeapUsage')).usedSize;
  };
  const cycle = (count) => tab.run(`(async () => { for (let i = 0; i < ${count}; i++) { await CloudflareChat.open(); await CloudflareChat.close(); } })()`);
  await cycle(10);
  const atTen = await heap();
  await cycle(90);
  const atHundred = await heap();
  assert.ok(atHundred < atTen * 1.05, `${atTen} bytes after 10, ${atHundred} after 100`);
});
