// One way to drive three browsers (BROWSER=chromium, firefox or webkit), and the steps that most tests begin with.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const name = process.env.BROWSER || 'chromium';

/** How long a test waits for a condition before it gives up. */
export const LIMIT_MS = 60_000;

const CHROMIUM = '--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
const MINI_BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** What a page of any browser can do; a subclass knows how. */
class Tab {
  /** Runs a function in the page; its first argument is the widget's shadow root. */
  inside(action, ...args) {
    return this.run(`(${action})(document.querySelector('cloudflare-chat')?.shadowRoot, ...${JSON.stringify(args)})`);
  }

  /** Waits until a function of the shadow root gives something true. */
  async until(condition, ...args) {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      if (await this.inside(`(...args) => !!(${condition})(...args)`, ...args).catch(() => false)) return;
      if (Date.now() > end) {
        const shot = await this.keepScreenshot();
        throw new Error(`never became true: ${condition} ${JSON.stringify(args)} (screenshot: ${shot})`);
      }
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  async keepScreenshot() {
    const path = join(await mkdtemp(join(tmpdir(), 'widget-failure-')), `${name}.png`);
    await this.screenshot(path).catch(() => {});
    return path;
  }

  /** Waits until an element is there to be clicked, and gives it. */
  async find(selector) {
    await this.until((root, wanted) => root?.querySelector(wanted)?.checkVisibility({ visibilityProperty: true }), selector);
    return this.element(selector);
  }

  async click(selector) {
    await (await this.find(selector)).click();
  }

  /** Opens the window, fills in the form and waits for the conversation. */
  async begin({ name = 'Ada Lovelace', email = 'ada@example.com' } = {}) {
    await this.click('div > button');
    await this.type('input[name=name]', name);
    await this.type('input[name=email]', email);
    await this.click('form button');
    await this.find('textarea');
    await this.until((root) => root.querySelector('[part~=message]'));
  }

  /** Ends the conversation. The second click is the page's own: on a busy machine a person's could come too late. */
  async end() {
    await this.click('[part=end]');
    await this.inside((root) => root.querySelector('[part=end]').click());
  }

  /** Sends a text with Enter. */
  async say(text) {
    await this.type('textarea', text);
    await this.press('textarea', 'Enter');
  }

  /** Waits until the conversation, the greeting apart, reads as given. */
  reads(...texts) {
    return this.until(
      (root, wanted) => JSON.stringify([...root.querySelectorAll('.agent p, .visitor p')].map((text) => text.textContent)) == wanted,
      JSON.stringify(texts),
    );
  }
}

class PuppeteerTab extends Tab {
  constructor(page) {
    super();
    this.page = page;
    /** What the page printed, and what went wrong in it. */
    this.printed = [];
    page.on('console', (message) => this.printed.push(message.text()));
    page.on('pageerror', (error) => this.printed.push('uncaught: ' + error.message));
  }
  goto = (url) => this.page.goto(url);
  reload = () => this.page.reload();
  run = (script) => this.page.evaluate(script);
  screenshot = (path) => this.page.screenshot({ path });
  close = () => this.page.close();
  async element(selector) {
    return (await this.page.evaluateHandle((wanted) => document.querySelector('cloudflare-chat').shadowRoot.querySelector(wanted), selector)).asElement();
  }
  async type(selector, text) {
    await (await this.find(selector)).type(text);
  }
  async press(selector, key) {
    await (await this.find(selector)).press(key);
  }
}

class SeleniumTab extends Tab {
  constructor(driver, keys) {
    super();
    this.driver = driver;
    this.keys = keys;
    this.printed = [];
  }
  goto = (url) => this.driver.get(url);
  reload = () => this.driver.navigate().refresh();
  run = (script) => this.driver.executeScript(`return ${script}`);
  screenshot = async (path) => writeFile(path, await this.driver.takeScreenshot(), 'base64');
  close = () => this.driver.get('about:blank');
  element = (selector) => this.driver.executeScript(`return document.querySelector('cloudflare-chat').shadowRoot.querySelector(arguments[0])`, selector);
  async type(selector, text) {
    await (await this.find(selector)).sendKeys(text);
  }
  async press(selector, key) {
    await (await this.find(selector)).sendKeys(this.keys[key.toUpperCase()]);
  }
}

/** Waits until something is so, here and not in the page. */
export const happens = async (condition) => {
  const end = Date.now() + LIMIT_MS;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`never happened: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/**
 * Starts the browser with a profile of its own; `close` ends it and removes the profile.
 * @returns {Promise<{tab: () => Promise<Tab>, close: () => Promise<void>, browser: any, version: string}>}
 */
export async function startBrowser(flags = []) {
  if (name == 'webkit') {
    process.env.WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS = '1';
    const { Builder, Capabilities, Key } = await import('selenium-webdriver');
    const { ServiceBuilder } = await import('./webkit.js');
    const service = new ServiceBuilder().build();
    const address = await service.start();
    const capabilities = new Capabilities({
      browserName: 'MiniBrowser',
      'webkitgtk:browserOptions': { binary: MINI_BROWSER, args: ['--automation'] },
    });
    const driver = await new Builder().usingServer(address).withCapabilities(capabilities).build();
    return {
      browser: driver,
      version: 'WebKit ' + (await driver.getCapabilities()).getBrowserVersion(),
      tab: async () => new SeleniumTab(driver, Key),
      async close() {
        await driver.quit().catch(() => {});
        await service.kill();
      },
    };
  }
  const { default: puppeteer } = await import('puppeteer-core');
  const profile = await mkdtemp(join(tmpdir(), 'widget-test-'));
  const browser = await puppeteer.launch(
    name == 'firefox'
      ? { browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, userDataDir: profile, timeout: LIMIT_MS }
      : { executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: [...CHROMIUM.split(' '), ...flags], userDataDir: profile, timeout: LIMIT_MS },
  );
  return {
    browser,
    version: await browser.version(),
    /** A tab that shares storage with the others. */
    async tab() {
      const page = await browser.newPage();
      page.setDefaultTimeout(LIMIT_MS);
      await page.setViewport({ width: 1280, height: 800 });
      return new PuppeteerTab(page);
    },
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
