// Pictures of every state, for the eye: node gallery.js FOLDER. Light, dark, a phone and right to left, one sheet each.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startBrowser } from './browser.js';
import { startMock } from './mock.js';
import { walk } from './states.js';

const folder = process.argv[2];
await mkdir(folder, { recursive: true });
const browser = await startBrowser();
const PAGE = (lang, dir, data = '') => `<!doctype html><html lang="${lang}" dir="${dir}"><meta name="viewport" content="width=device-width"><title>T</title><link rel="icon" href="data:,">
<style>:root { color-scheme: light dark; background: light-dark(#f1f3f4, #10171b) }</style><script src="/chat-widget.min.js" data-fallback="help@example.com" ${data}></script>`;
const AVATAR = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" fill="#f59e0b"/><circle cx="20" cy="16" r="7" fill="#fff"/><path d="M6 40a14 14 0 0 1 28 0" fill="#fff"/></svg>';

const kinds = {
  light: { page: PAGE('en', 'ltr', 'data-primary-color="#0f766e" data-title="Harbor"') },
  dark: { page: PAGE('en', 'ltr'), scheme: 'dark' },
  phone: { page: PAGE('en', 'ltr'), width: 360, height: 700 },
  rtl: { page: PAGE('ar', 'rtl') },
  forced: { page: PAGE('en', 'ltr'), forced: true, scheme: 'dark' },
};

for (const [kind, { page, scheme = 'light', width = 424, height = 700, forced }] of Object.entries(kinds)) {
  if (process.argv[3] && !process.argv.slice(3).includes(kind)) continue;
  const mock = await startMock({ page });
  mock.pages['/avatar.svg'] = AVATAR;
  const tab = await browser.tab();
  await tab.page.setViewport({ width: width + (kind == 'phone' ? 0 : 60), height: height + (kind == 'phone' ? 0 : 60), isMobile: kind == 'phone', hasTouch: kind == 'phone' });
  await tab.page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
  if (forced) await (await tab.page.createCDPSession()).send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }, { name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: 'reduce' }] });
  const shots = [];
  await walk(tab, mock, async (state) => {
    shots.push([state, await tab.page.screenshot({ encoding: 'base64' })]);
  }).catch((error) => console.error(kind, error));
  await tab.close();
  await mock.close();
  const sheet = await browser.tab();
  for (let at = 0; at < shots.length; at += 4) {
    await sheet.page.setViewport({ width: 4 * (width + 70), height: height + 100 });
    await sheet.page.setContent(`<style>body { margin: 0; display: flex; gap: 8px; font: 14px sans-serif; background: #bbb }</style>${shots.slice(at, at + 4).map(([state, data]) => `<figure style="margin:0"><figcaption>${kind}: ${state}</figcaption><img src="data:image/png;base64,${data}"></figure>`).join('')}`);
    await sheet.screenshot(join(folder, `${kind}-${at / 4}.png`));
  }
  await sheet.close();
}
await browser.close();
