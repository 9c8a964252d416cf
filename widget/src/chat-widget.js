// The part that every page loads: a button, the settings, and a door to the rest. The window (window.js) is fetched
// on the first sign of interest; until then there is no further request, and nothing is stored.

import css from './chat-widget.css';

const name = 'cloudflare-chat';
const page = document;

// Loaded twice, it is there already.
if (!customElements.get(name)) {
  // A module has no currentScript, hence the search.
  /** @type {any} */
  const script = page.currentScript || page.querySelector('script[src*=chat-widget]');
  /** All settings in one place; those of `theme` lie flat among them. */
  const config = {};
  let isAlive;
  let loading;
  let tries = 0;
  /** The window's functions, once it has been loaded. */
  let chat;

  // After the body, not in it: a router may replace the body, and one more child would move a body that is a grid.
  const mount = () => (page.body ? isAlive && !host.isConnected && page.body.after(host) : setTimeout(mount));

  // The element is the API, and its events are the chat's events.
  class Chat extends HTMLElement {
    on = this.addEventListener;
    off = this.removeEventListener;
    show() { configure({ hidden: 0 }) }
    hide() { configure({ hidden: 1 }) }
    setTheme(theme) { configure({ theme }) }
    setLocale(locale) { configure({ locale }) }
    identify(identity) { configure({ identity }) }
    close() { chat?.close() }
    destroy() {
      chat?.destroy();
      // Which gives nothing, and so do these from now on.
      isAlive = loading = chat = host.remove();
    }
    // Whoever takes it out must mean it: destroy() does.
    disconnectedCallback() { setTimeout(mount) }
  }
  customElements.define(name, Chat);
  /** @type {any} */
  const host = new Chat();
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  const corner = page.createElement('div');
  const button = page.createElement('button');
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  root.append(corner);
  corner.append(button);
  button.part = 'button';

  // A path has no space, so where nothing is to be hidden on, nothing matches.
  const place = () => {
    try {
      button.hidden = config.hidden || location.pathname.match(config.hideOn || ' ');
    } catch (error) {
      // Said once: it is forgotten then.
      config.hideOn = console.error(name, error);
    }
  };

  /** Takes settings at any time: from before the script, after it, or through the API. */
  const configure = (settings) => {
    Object.assign(config, settings, settings?.theme);
    for (const key in config) {
      // What holds JSON, as an attribute with an object or `false` does, is what it says.
      try {
        config[key] = JSON.parse(config[key]);
      } catch {}
      // In a list, what is undefined is an empty text.
      /** @type {any} */ (sheet.cssRules[0]).style.setProperty('--chat-' + key, config[key] == 'auto' ? '' : [config[key]]);
    }
    corner.className = config.position;
    button.ariaLabel = config.label || 'Chat';
    isAlive = 1;
    place();
    mount();
    chat?.update();
  };

  // A browser may remember a failed import, so each try has an address of its own.
  // In a bundle the script is not ours, and what is beside it neither: the server has all files.
  const fetchWindow = async (base = new URL(config.base || '.', config.workerUrl || script?.src)) =>
    (chat = await (await import(`${base}chat-widget.window.min.js?v=${VERSION}&${tries++}`)).default(host, config, base));

  const load = () =>
    (loading ||= fetchWindow()
      .catch(() => fetchWindow())
      .catch((error) => {
        loading = 0;
        throw Error(name + ': check workerUrl. ' + error);
      }));

  for (const method of ['open', 'toggle', 'reset', 'sendMessage']) {
    host[method] = (argument) => load().then((chat) => chat[method](argument));
  }

  configure({ ...window.CloudflareChat, ...script?.dataset });

  button.onclick = host.toggle;
  button.onpointerenter = button.onfocus = load;
  // Where a browser does not tell of each change of the path, it changes after a click, or by going back.
  for (const event of ['click', 'popstate'])
    addEventListener(event, (/** @type {any} */ { target }) => {
      place();
      target.closest?.('[data-chat-open]') && host.open();
    });

  try {
    Object.defineProperty(window, 'CloudflareChat', { get: () => host, set: configure });
    // A conversation of the last hour, or one with an unread answer, goes on by itself: client.js says until when, in digits first.
    if (localStorage[name] > '' + Date.now() && config.autoConnect != 0) load();
    navigation.addEventListener('currententrychange', place);
  } catch {
    // Storage is forbidden, so there is no conversation in it; the page has declared the name with var; or paths change
    // unseen in this browser.
  }

  // Last, for one wrong call must not take the rest with it.
  config.queue?.map(([method, ...args]) => host[method](...args));
}
