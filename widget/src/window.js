// The window: form, conversation, composer. It shows what the client (client.js) says and decides nothing about
// delivery. What neither a first message nor a plain answer needs is in more.js.

import css from './window.css';
import { createClient } from './client.js';
import { createLog } from './messages.js';
import { adopt, h } from './dom.js';
import { store } from './store.js';

/**
 * Builds the window beside the button. This signature is the contract with the eager part, also with that of the
 * previous release, which may still sit in a browser's cache: things may be added, never changed.
 * @param {HTMLElement} host
 * @param {Record<string, any>} config
 * @param {URL} base where the lazy parts are
 */
export default async (host, config, base) => {
  const root = host.shadowRoot;
  const button = root.querySelector('button');
  const locale = config.locale || document.documentElement.lang || 'en';
  const life = new AbortController();

  const emit = (event, detail) => host.dispatchEvent(new CustomEvent(event, { detail }));
  const listen = (target, events, handler) =>
    events.split(' ').forEach((event) => target.addEventListener(event, handler, { signal: life.signal }));

  /** Loads a lazy part. A browser may remember a failed import, so the second try has its own address. */
  const part = (name) => {
    const url = `${base}chat-widget.${name}.min.js?v=${VERSION}`;
    return import(url).catch(() => import(url + '&1')).then((module) => module.default);
  };
  /** @type {Promise<void> | undefined} */
  let loadingMore;
  const more = () => (loadingMore ||= part('more').then((extend) => extend(chat)));

  const language = locale.slice(0, 2);
  const strings = { ...(LANGUAGES.includes(language) && (await part(language))), ...config.strings };
  /** English text is the key of its translations. */
  const t = (text, value) => (strings[text] || text).replace('{}', value);
  host.dir = strings.dir || '';
  if (!root.adoptedStyleSheets[1]) adopt(root, css);

  // The pieces

  const title = h('h2', { id: 'title', part: 'title', textContent: config.title || t('Chat with us') });
  const reply = config.subtitle || t('Usually answers in a few minutes');
  const status = h('output', { part: 'status', textContent: reply });
  const header = h(
    'header',
    { part: 'header' },
    h('i', { ariaHidden: true, textContent: title.textContent[0] }),
    h('hgroup', {}, title, status),
    h('button', { ariaLabel: t('Close'), onclick: () => dialog.close() }),
  );

  const field = (name, type, label) =>
    h('label', {}, t(label), h('input', { name, type, required: true, autocomplete: name, maxLength: 200 }), h('em', { role: 'alert' }));
  const submit = h('button', { part: 'submit' });
  const refusal = h('em', { role: 'alert' });
  const form = h(
    'form',
    { part: 'form', noValidate: true },
    h('p', { textContent: config.greeting || t('Leave your name and e-mail, then ask us anything.') }),
    field('name', 'text', 'Name'),
    field('email', 'email', 'E-mail'),
    h('slot', { name: 'turnstile' }),
    refusal,
    submit,
  );

  const messages = createLog(t, locale);
  const hint = h('p', { part: 'hint' });
  const main = h('main', { part: 'scroller', tabIndex: 0, ariaLabel: t('Conversation') }, messages.log, hint);
  const input = h('textarea', { part: 'input', rows: 1, maxLength: 8000, placeholder: t('Write a message') });
  const footer = h(
    'footer',
    { part: 'composer' },
    input,
    h('button', { part: 'send', ariaLabel: t('Send'), textContent: '↑', onclick: () => send() }),
  );
  const dialog = h('dialog', { part: 'window' }, header, form, main, footer);
  dialog.setAttribute('aria-labelledby', 'title');

  // What the client says

  /** The newest message of somebody else, and the newest that was seen. */
  let newest = 0;
  let seen = 0;
  let unread = 0;

  const count = (now) => {
    unread = now;
    if (unread) button.dataset.unread = unread;
    else delete button.dataset.unread;
    button.ariaLabel = unread ? t('Chat, {} unread', unread) : config.label || t('Chat');
    if (client.session) client.keep({ unread });
    emit('unread', unread);
  };

  /** Marks as seen what is before the visitor's eyes. */
  const look = () => {
    if (!dialog.open || document.hidden || newest <= seen) return;
    client.send('seen', { seq: (seen = newest) });
    count(0);
  };

  const view = (isTalking) => {
    form.hidden = isTalking;
    main.hidden = footer.hidden = !isTalking;
    busy(false);
    focus();
  };

  const busy = (is) => {
    submit.disabled = is;
    submit.textContent = t(is ? 'Connecting…' : 'Start the chat');
  };

  const focus = () => {
    if (dialog.open) (form.hidden ? input : form.elements[form.elements.name.value ? 1 : 0]).focus();
  };

  const complain = (place, text) => {
    place.textContent = text;
    place.previousSibling.ariaInvalid = !!text;
    if (text) place.previousSibling.focus();
  };

  const on = {
    status({ phase, code }) {
      dialog.dataset.phase = phase;
      status.textContent = t(
        phase == 'stopped' ? 'Not available right now'
        : navigator.onLine ? 'Connecting…'
        : 'You are offline. Messages wait here.',
      );
      emit('status', phase);
    },
    ready(data) {
      if (!data.restored) messages.log.replaceChildren();
      dialog.dataset.phase = 'ready';
      status.textContent = config.subtitle || data.team?.reply || reply;
      title.textContent = config.title || data.team?.name || title.textContent;
      hint.textContent = data.restored ? '' : data.message;
      messages.delivered = data.delivered;
      seen = Math.max(seen, data.seen || 0);
      client.outbox.forEach(on.queued);
      if (!form.hidden) view(true);
      emit('status', 'ready');
      emit('ready', data);
    },
    queued(entry) {
      if (messages.find('id', entry.id)) return;
      messages.add({ ...entry, from: 'visitor' });
      main.scrollTop = 0;
    },
    message(data) {
      if (messages.find('id', data.id || 0)) return on.ack(data);
      messages.add(data);
      if (data.from != 'visitor') {
        newest = data.seq || newest;
        if (newest > seen) count(unread + 1);
        look();
      }
      emit('message', data);
    },
    ack({ id, seq }) {
      const element = messages.find('id', id);
      if (element) element.dataset.seq = seq;
      messages.update();
    },
    receipt({ seq, state }) {
      if (state == 'delivered') messages.delivered = seq;
      messages.update();
    },
    error(data) {
      if (!client.ready) {
        view(false);
        const place = form.elements[data.field]?.nextSibling || refusal;
        complain(place, strings[data.code] || data.message);
      }
      emit('error', data);
    },
  };

  let hello = {};
  const client = createClient({
    store,
    after: setTimeout.bind(window),
    cancel: clearTimeout.bind(window),
    now: Date.now,
    random: Math.random,
    page: () => location.pathname,
    open: (protocols) => new WebSocket(new URL('/ws', config.workerUrl || base).href.replace('http', 'ws'), protocols),
    hello: () => ({ ...hello, locale }),
    show: (type, data) => on[type]?.(data),
  });

  // What the visitor does

  form.onsubmit = async (event) => {
    event.preventDefault();
    complain(refusal, '');
    const { name, email } = form.elements;
    for (const field of [email, name]) {
      field.value = field.value.trim();
      complain(
        field.nextSibling,
        field.validity.valid ? '' : t(field.value ? 'This is not an e-mail address.' : 'Please fill this in.'),
      );
    }
    if (!form.checkValidity()) return;
    busy(true);
    hello = { name: name.value, email: email.value };
    try {
      if (config.turnstileSiteKey) hello.turnstileToken = await (await part('turnstile'))(host, config, locale);
      client.start();
    } catch (error) {
      on.error({ code: 'check_failed', message: error.message });
    }
  };

  const send = () => {
    const text = input.value.trim();
    if (text) client.say(text);
    input.value = '';
    input.focus();
  };

  input.onkeydown = (event) => {
    if (event.key == 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  };

  dialog.onkeydown = ({ key }) => {
    if (key == 'Escape') dialog.close();
  };
  dialog.onclose = () => {
    button.ariaExpanded = false;
    button.focus();
    emit('close');
  };

  const open = () => {
    if (dialog.open) return;
    if (matchMedia('(max-width:480px),(max-height:480px)').matches) dialog.showModal();
    else dialog.show();
    button.ariaExpanded = true;
    if (client.session && form.hidden == false && !submit.disabled) resume();
    focus();
    look();
    emit('open');
  };

  const resume = () => {
    view(true);
    client.start();
  };

  // The world

  listen(window, 'online pageshow', client.wake);
  listen(window, 'pagehide', client.close);
  listen(document, 'visibilitychange', look);
  // The on-screen keyboard shrinks what is visible, not the page.
  listen(visualViewport, 'resize scroll', () => {
    const { style } = root.adoptedStyleSheets[0].cssRules[0];
    style.setProperty('--view-height', visualViewport.height + 'px');
    style.setProperty('--view-top', visualViewport.offsetTop + 'px');
  });

  button.before(dialog);
  view(false);
  if (client.session && Date.now() - client.session.at < 36e5) resume();

  const chat = {
    open,
    close: () => dialog.close(),
    toggle: () => (dialog.open ? dialog.close() : open()),
    reset() {},
    sendMessage(text) {
      open();
      input.value = text;
      if (client.session) send();
    },
    update() {},
    destroy() {
      client.close();
      life.abort();
      dialog.remove();
    },
  };
  return chat;
};
