// The part that every page loads: a button, the settings, and a door to the rest. The window (window.js) is fetched
// on the first sign of interest; until then there is no further request, and nothing is stored.

import css from './chat-widget.css';

const name = 'cloudflare-chat';
const page = document;

// Loaded twice, it is there already.
if (!customElements.get(name)) {
  // A module has no currentScript, hence the search.
  /** @type {any} */
  const script = page.currentScript || page.querySelector('[src*=chat-widget]');
  /** All settings in one place; those of `theme` lie flat among them. */
  const config = {};
  let isAlive;
  let loading;
  let tries = 0;
  /** The window's functions, once it has been loaded. */
  let chat;

  // After the body, not in it: a router may replace the body, and one more child would move a body that is a grid.
  const mount = () => {
    if (!page.body) setTimeout(mount);
    else if (isAlive && !host.isConnected) page.documentElement.append(host);
  };

  // The element is the API, and its events are the chat's events.
  class Chat extends HTMLElement {
    show() { configure({ hidden: 0 }) }
    hide() { configure({ hidden: 1 }) }
    setTheme(theme) { configure({ theme }) }
    setLocale(locale) { configure({ locale }) }
    identify(identity) { configure({ identity }) }
    close() { chat?.close() }
    destroy() {
      isAlive = 0;
      host.remove();
      chat?.destroy();
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
      config.hideOn = console.error(name, 'hideOn', error);
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
      /** @type {CSSStyleRule} */ (sheet.cssRules[0]).style.setProperty('--chat-' + key, config[key] == 'auto' ? '' : config[key]);
    }
    corner.className = config.position;
    button.ariaLabel = config.label || 'Chat';
    isAlive = 1;
    place();
    mount();
    chat?.update();
  };

  // A browser may remember a failed import, so each try has an address of its own.
  const fetchWindow = async () => {
    const base = new URL(config.base || '.', script?.src || config.workerUrl);
    const part = await import(`${base}chat-widget.window.min.js?v=${VERSION}&${tries++}`);
    return (chat = await part.default(host, config, base));
  };

  const load = () =>
    (loading ||= fetchWindow()
      .catch(fetchWindow)
      .catch((error) => {
        loading = 0;
        throw Error(name + ': check workerUrl. ' + error);
      }));

  host.on = host.addEventListener;
  host.off = host.removeEventListener;
  for (const method of ['open', 'toggle', 'reset', 'sendMessage']) {
    host[method] = async (...args) => (await load())[method](...args);
  }

  configure({ ...window.CloudflareChat, ...script?.dataset });
  config.queue?.forEach(([method, ...args]) => host[method](...args));

  button.onclick = host.toggle;
  button.onpointerenter = button.onfocus = load;
  addEventListener('click', ({ target }) => /** @type {Element} */ (target).closest('[data-chat-open]') && host.open());
  window.navigation?.addEventListener('currententrychange', place);

  try {
    Object.defineProperty(window, 'CloudflareChat', { get: () => host, set: configure });
    // A conversation of the last hour, or one with an unread answer, goes on by itself: store.js says until when.
    if (parseInt(localStorage[name]) > Date.now() && config.autoConnect != 0) load();
  } catch {
    // Storage is forbidden, so there is no conversation in it; or the page has declared the name with var.
  }
}
