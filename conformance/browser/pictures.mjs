// Takes the pictures of the README: a real conversation between the demo page
// and the console, light and dark, on a desktop and on a phone.
//
//   ./scripts/test.sh pictures

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { answer, begin, hears, openPage, openThread, reads, say, startBrowser, startDemo } from './stage.mjs';

// It is ten in the morning in the pictures, whenever they are taken.
const ahead = (34 - new Date().getUTCHours()) % 24;
const zone = ahead > 12 ? `Etc/GMT+${24 - ahead}` : `Etc/GMT-${ahead}`;

const folder = new URL('../../docs/pictures/', import.meta.url).pathname;
await mkdir(folder, { recursive: true });
const demo = await startDemo();
const browser = await startBrowser();
try {
  for (const dark of [false, true]) {
    for (const phone of [false, true]) {
      const size = phone ? { width: 390, height: 720, scale: 2, phone } : { width: 1200, height: 760 };
      const visitor = await browser.createBrowserContext();
      const agent = await browser.createBrowserContext();
      const page = await openPage(visitor, demo.page + '/', { ...size, dark });
      const consolePage = await openPage(agent, demo.discord + '/', { ...size, dark });
      for (const one of [page, consolePage]) {
        await one.emulateTimezone(zone);
        await one.reload({ waitUntil: 'load' });
      }
      const email = `mira${dark ? '.dark' : ''}${phone ? '.phone' : ''}@example.com`;
      await begin(page, { name: 'Mira Okafor', email });
      await say(page, 'Hello! Can Harbor restore a single table?');
      await openThread(consolePage, email);
      await reads(consolePage, 'restore a single table');
      await answer(consolePage, 'Hi Mira, yes: choose **Restore → One table**, then a moment in time.');
      await hears(page, 'agent', 'Hi Mira, yes: choose Restore → One table, then a moment in time.');
      await answer(consolePage, 'It lands in a new schema, so nothing is overwritten.');
      await hears(page, 'agent', 'It lands in a new schema, so nothing is overwritten.');
      await say(page, 'Perfect, thank you');
      await reads(consolePage, 'Perfect, thank you');
      const name = (what) => join(folder, `${what}-${phone ? 'phone' : 'desktop'}-${dark ? 'dark' : 'light'}.png`);
      // Nothing is pointed at.
      await consolePage.mouse.move(0, 0);
      await page.screenshot({ path: name('chat') });
      await consolePage.screenshot({ path: name('console') });
      await visitor.close();
      await agent.close();
    }
  }
} finally {
  await browser.close();
  await demo.close();
}
console.log(`pictures in ${folder}`);
