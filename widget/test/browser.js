// Chromium under puppeteer, and the few steps that most tests begin with.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

/** How long a test waits for a condition before it gives up. */
export const LIMIT_MS = 10_000;

const FLAGS = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --force-prefers-reduced-motion';

/** Starts a browser with a profile of its own; `close` removes both. */
export async function startBrowser(flags = []) {
  const profile = await mkdtemp(join(tmpdir(), 'widget-test-'));
  const browser = await puppeteer.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [...FLAGS.split(' '), ...flags],
    userDataDir: profile,
  });
  const close = browser.close.bind(browser);
  browser.close = async () => {
    await close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  return browser;
}

/** Finds an element inside the widget; waits for it. */
export const inside = (page, selector) => page.waitForSelector(`cloudflare-chat >>> ${selector}`, { visible: true, timeout: LIMIT_MS });

/** Waits until a function of the shadow root (and arguments) gives something true. */
export const until = (page, condition, ...args) =>
  page.waitForFunction(`(${condition})(document.querySelector('cloudflare-chat')?.shadowRoot, ...${JSON.stringify(args)})`, { timeout: LIMIT_MS });

/** Fills in the form and waits for the conversation. */
export async function begin(page, { name = 'Ada Lovelace', email = 'ada@example.com' } = {}) {
  await (await inside(page, '[part=button]')).click();
  await (await inside(page, 'input[name=name]')).type(name);
  await (await inside(page, 'input[name=email]')).type(email);
  await (await inside(page, '[part=submit]')).click();
  await until(page, (root) => root?.querySelector('dialog')?.dataset.phase == 'ready');
}

/** Types a text and sends it with Enter. */
export async function say(page, text) {
  const input = await inside(page, 'textarea');
  await input.type(text);
  await input.press('Enter');
}

/** The texts of all messages, in order. */
export const texts = (page) =>
  page.evaluate(() => [...document.querySelector('cloudflare-chat').shadowRoot.querySelectorAll('[part~=message] [part=text]')].map((element) => element.textContent));

/** Waits until the conversation reads as given. */
export const reads = (page, ...expected) =>
  until(page, (root, wanted) => JSON.stringify([...root.querySelectorAll('[part~=message] [part=text]')].map((e) => e.textContent)) == wanted, JSON.stringify(expected));
