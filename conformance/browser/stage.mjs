// The stage of the scenes: the demo as a process of its own, a browser with a
// fresh profile, and the few steps that every scene takes. Conditions are asked
// for again and again, never waited for by the clock.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import puppeteer from 'puppeteer-core';

const root = new URL('../../', import.meta.url).pathname;
const PATIENCE_MS = 60_000;
const AGAIN_MS = 40;

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

/** Asks until the answer is true, and says what was missing when it never is. */
export async function until(what, ask) {
  const limit = Date.now() + PATIENCE_MS;
  let last;
  while (Date.now() < limit) {
    try {
      last = await ask();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    await pause(AGAIN_MS);
  }
  throw new Error(`never came: ${what} (last: ${last})`);
}

/** Starts the program, waits for the line that says that it is ready, and gives what it matched. */
async function start(binary, args, ready, env) {
  const child = spawn(binary, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal || code)));
  const match = await new Promise((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const found = ready.exec(line);
      if (found) resolve(found);
    });
    ended.then((code) => reject(new Error(`${args[0]} ended with ${code} before it was ready`)));
  });
  const close = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  };
  return { match, close };
}

/** Starts the demo and gives its addresses, as its last line says them. */
export async function startDemo(binary = join(root, 'bin/cloudflare-chat')) {
  const { match, close } = await start(binary, ['demo', '--addr', '127.0.0.1:0', '--discord-addr', '127.0.0.1:0'], /^ready page=(\S+) discord=(\S+) channel=(\S+)$/);
  return { page: match[1], discord: match[2], channel: match[3], close };
}

/** Starts a stand-in for Discord that limits nobody and a server without the limits that a single visitor meets. */
export async function startChat(binary = join(root, 'bin/cloudflare-chat')) {
  const sim = await start(binary, ['discordsim', '--addr', '127.0.0.1:0'], /^ready discord=(\S+) guild=\S+ channel=(\S+)/);
  const [, discord, channel] = sim.match;
  for (const bucket of ['message.create', 'thread.create']) {
    await fetch(`${discord}/sim/limits`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ bucket, limit: 0 }) });
  }
  const data = await mkdtemp(join(tmpdir(), 'whole-path-data-'));
  const server = await start(binary, ['serve', '--listen-address', '127.0.0.1:0', '--data-dir', data], /^The chat is ready at (\S+)$/, {
    DISCORD_BOT_TOKEN: 'of-this-stage', DISCORD_SUPPORT_CHANNEL_ID: channel, ALLOWED_ORIGINS: '*', DISCORD_API_URL: `${discord}/api`, LOG_LEVEL: 'error',
    MESSAGES_PER_MINUTE: '1000000', NEW_SESSIONS_PER_IP_HOUR: '1000000',
  });
  return {
    page: server.match[1],
    discord,
    channel,
    async close() {
      await server.close();
      await sim.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Starts Chromium with a profile of its own; closing removes it. */
export async function startBrowser() {
  const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('no Chromium: install it, or name it in CHROMIUM');
  const userDataDir = await mkdtemp(join(tmpdir(), 'whole-path-'));
  const browser = await puppeteer.launch({ executablePath, args: FLAGS, userDataDir, timeout: PATIENCE_MS });
  const close = browser.close.bind(browser);
  browser.close = async () => {
    await close();
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  return browser;
}

/** Opens a page that notes everything that went wrong in it, and every origin that it asked. */
export async function openPage(context, url, { width = 1280, height = 800, dark = false, scale = 1, phone = false } = {}) {
  const page = await context.newPage();
  page.problems = [];
  page.origins = new Set();
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('request', (request) => request.url().startsWith('http') && page.origins.add(new URL(request.url()).origin));
  await page.setViewport({ width, height, deviceScaleFactor: scale, isMobile: phone, hasTouch: phone });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(url, { waitUntil: 'load' });
  return page;
}

/** An element inside the widget, once it can be seen. */
export const inside = (page, selector) =>
  until(`${selector} in the widget`, async () => {
    const handle = await page.evaluateHandle((wanted) => {
      const element = document.querySelector('cloudflare-chat')?.shadowRoot.querySelector(wanted);
      return element?.checkVisibility() && element;
    }, selector);
    return handle.asElement();
  });

/** Who said what in the widget, from the oldest. */
export const conversation = (page) =>
  page.evaluate(() =>
    [...(document.querySelector('cloudflare-chat')?.shadowRoot.querySelectorAll('[part~=message]') ?? [])].map((element) => [
      element.className.split(' ')[0],
      element.querySelector('[part=text]').textContent,
    ]),
  );

/** Waits until the widget shows a text said by somebody. */
export const hears = (page, from, text) =>
  until(`"${text}" from ${from} in the widget`, async () => (await conversation(page)).some(([who, what]) => who === from && what === text));

/** Whether the button says, to eyes and to screen readers, that so many messages were not read. */
export const unread = (page, count) =>
  page.evaluate((wanted) => {
    const label = document.querySelector('cloudflare-chat')?.shadowRoot.querySelector('[part=button]')?.ariaLabel ?? '';
    return (/\((\d+)\)/.exec(label)?.[1] ?? '0') === String(wanted);
  }, count);

/** Opens the chat and fills in the form. */
export async function begin(page, { name, email }) {
  await (await inside(page, '[part=button]')).click();
  await (await inside(page, 'input[name=name]')).type(name);
  await (await inside(page, 'input[name=email]')).type(email);
  await (await inside(page, '[part=submit]')).click();
  await inside(page, 'textarea');
}

/** Types a text in the chat and sends it with Enter. */
export async function say(page, text) {
  const input = await inside(page, 'textarea');
  await input.type(text);
  await input.press('Enter');
  await hears(page, 'visitor', text);
}

/** Opens the thread of a visitor in the console. */
export async function openThread(consolePage, email) {
  const link = await until(`a thread for ${email} in the console`, async () => {
    const handle = await consolePage.evaluateHandle(
      (wanted) => [...document.querySelectorAll('#threads a')].find((a) => a.textContent.includes(wanted)),
      email,
    );
    return handle.asElement();
  });
  await link.click();
}

/** Waits until the console shows a text in the open thread. */
export const reads = (consolePage, text) =>
  until(`"${text}" in the console`, () => consolePage.evaluate((wanted) => document.querySelector('#messages').textContent.includes(wanted), text));

/** Types an answer in the console and sends it with Enter. */
export async function answer(consolePage, text) {
  await consolePage.click('#composer');
  await consolePage.type('#composer', text);
  await consolePage.keyboard.press('Enter');
}

/** Keeps a picture of every page of a scene that failed, and says where. */
export async function keepPictures(pages) {
  const folder = join(root, 'tmp/whole-path');
  await mkdir(folder, { recursive: true });
  for (const [name, page] of Object.entries(pages)) {
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path });
    console.log(`picture: ${path}`);
    for (const problem of page.problems) console.log(`${name}: ${problem}`);
  }
}
