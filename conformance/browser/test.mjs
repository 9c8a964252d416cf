// The whole path, as a visitor and an agent see it: form, message, thread in
// the console, answer typed there, bubble on the page, page loaded again,
// conversation still there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answer, begin, conversation, hears, inside, keepPictures, openPage, openThread, reads, say, startBrowser, startDemo, unread, until } from './stage.mjs';

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.close();
});

/** Runs a scene with a visitor's and an agent's browser, and keeps pictures when it fails. */
function scene(title, play) {
  test(title, async () => {
    const visitorContext = await browser.createBrowserContext();
    const agentContext = await browser.createBrowserContext();
    const pages = {};
    try {
      pages.page = await openPage(visitorContext, demo.page + '/');
      pages.console = await openPage(agentContext, demo.discord + '/');
      await play(pages.page, pages.console);
      assert.deepEqual(pages.page.problems, [], 'the page complains');
      assert.deepEqual(pages.console.problems, [], 'the console complains');
      assert.deepEqual([...pages.page.origins], [demo.page], 'the page asked somebody else');
    } catch (error) {
      await keepPictures(pages);
      throw error;
    } finally {
      await visitorContext.close();
      await agentContext.close();
    }
  });
}

scene('a conversation, and the page loaded again', async (page, consolePage) => {
  assert.deepEqual(
    await page.evaluate(() => [Object.keys(localStorage).length, document.cookie]),
    [0, ''],
    'something is stored before the visitor asked for anything',
  );
  const email = 'vera@visitor.example';
  await begin(page, { name: 'Vera', email });
  await say(page, 'Do you restore to Postgres 17?');

  await openThread(consolePage, email);
  await reads(consolePage, 'Do you restore to Postgres 17?');
  await answer(consolePage, 'Yes, since **March**.');
  await hears(page, 'agent', 'Yes, since March.');

  await say(page, 'Thank you <b>so</b> much & *bye*');
  await reads(consolePage, 'Thank you <b>so</b> much & *bye*');

  const before = await conversation(page);
  await page.reload({ waitUntil: 'load' });
  await (await inside(page, '[part=button]')).click();
  await until('the same conversation after the page was loaded again', async () => {
    const now = await conversation(page);
    const said = (list) => JSON.stringify(list.filter(([from]) => from !== 'system'));
    return said(now) === said(before);
  });

  await answer(consolePage, 'You are welcome.');
  await hears(page, 'agent', 'You are welcome.');
  await say(page, 'Still here.');
  await reads(consolePage, 'Still here.');
  const threads = await consolePage.evaluate((wanted) => [...document.querySelectorAll('#threads a')].filter((a) => a.textContent.includes(wanted)).length, email);
  assert.equal(threads, 1, 'one visitor, one thread');
});

scene('an answer while the page was closed', async (page, consolePage) => {
  const email = 'otto@visitor.example';
  await begin(page, { name: 'Otto', email });
  await say(page, 'I will be back.');
  await openThread(consolePage, email);
  await reads(consolePage, 'I will be back.');
  await page.goto('about:blank');
  await answer(consolePage, 'Take your time.');
  await reads(consolePage, 'Take your time.');
  await page.goto(demo.page + '/', { waitUntil: 'load' });
  await until('the button counts what was not read', () => unread(page, 1));
  await (await inside(page, '[part=button]')).click();
  await hears(page, 'agent', 'Take your time.');
  await until('the count is gone', () => unread(page, 0));
});

for (const example of ['basic', 'custom-styling', 'spa-integration']) {
  scene(`the example ${example}, as the demo serves it`, async (page, consolePage) => {
    await page.goto(`${demo.page}/examples/${example}.html`, { waitUntil: 'load' });
    const email = `${example}@visitor.example`;
    await begin(page, { name: 'Nora', email });
    await say(page, `From ${example}.`);
    await openThread(consolePage, email);
    await reads(consolePage, `From ${example}.`);
  });
}
