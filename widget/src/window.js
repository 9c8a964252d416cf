// The window: form, conversation, composer. It shows what the client (client.js) says and decides nothing about
// delivery. What neither a first message nor a plain answer needs is in more.js.

import css from './window.css';
import { createClient } from './client.js';
import { createLog } from './messages.js';
import { h } from './dom.js';

const MORE_AFTER_MS = 1e4;
const HOUR_MS = 36e5;

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

  const parts = {};
  let tries = 0;
  /** Loads a lazy part once. A browser may remember a failed import, so each try has an address of its own. */
  const part = (name) =>
    (parts[name] ||= import(`${base}chat-widget.${name}.min.js?v=${VERSION}&${tries++}`)
      .then((module) => module.default(chat))
      .catch((error) => {
        parts[name] = 0;
        throw error;
      }));

  let chat;
  const language = locale.slice(0, 2);
  const strings = { ...(LANGUAGES.includes(language) && (await part(language))), ...config.strings };
  /** English text is the key of its translations. */
  const t = (text) => strings[text] || text;

  const emit = (event, detail) => host.dispatchEvent(new CustomEvent(event, { detail }));

  // The pieces. Their tags carry no landmark: the page has its own header, main and footer.

  const close = () => dialog.close();
  const title = h('h2', { part: 'title' });
  const status = h('output');
  const header = h(
    'hgroup',
    { part: 'header' },
    h('address', {}, title, status),
    h('button', { ariaLabel: t('Close'), onclick: close }, '×'),
  );

  /** Says who answers, and how soon. */
  const introduce = ({ name, reply } = {}) => {
    dialog.ariaLabel = title.textContent = config.title || name || t('Chat with us');
    status.textContent = config.subtitle || reply || t('Usually answers in a few minutes');
  };

  const field = (name, type, label) =>
    h('label', {}, label, h('input', { name, type, required: true, autocomplete: name, value: config[name] || '' }));
  const submit = h('button', { part: 'submit' });
  const form = h(
    'form',
    { part: 'form', noValidate: true },
    config.greeting || t('Ask us anything. We answer right here.'),
    field('name', 'text', t('Name')),
    field('email', 'email', t('E-mail')),
    h('slot'),
    submit,
  );

  const messages = createLog(t, locale);
  const main = h('section', { tabIndex: 0 }, messages.log);
  const input = h('textarea', { part: 'input', placeholder: t('Write a message') });
  const send = () => {
    const text = input.value.trim();
    if (text) client.say(text);
    input.value = '';
    input.focus();
  };

  const footer = h(
    'fieldset',
    {},
    input,
    h('button', { part: 'send', ariaLabel: t('Send'), onclick: send }, '↑'),
  );
  const dialog = h('dialog', { part: 'window' }, header, form, main, footer);

  /** Shows the form, the form while it waits, or the conversation. */
  const view = (name) => {
    dialog.dataset.phase = name;
    form.hidden = name == 'ready';
    main.hidden = footer.hidden = !form.hidden;
    submit.disabled = name == 'busy';
    submit.textContent = t(submit.disabled ? 'Connecting…' : 'Start the chat');
    if (dialog.open) (form.hidden ? input : form[0]).focus();
  };

  const find = (id) => root.getElementById(id);

  // What the client says. What is not here is in more.js.

  const on = {
    ready(data) {
      if (!data.restored) {
        messages.log.replaceChildren();
        messages.add({ message: data.message, from: 'system' });
      }
      introduce(data.team);
      messages.delivered = data.delivered;
      client.outbox.forEach(on.queued);
      // Coming back must not take the focus from where it is.
      if (!form.hidden) view('ready');
      emit('ready');
    },
    queued(entry) {
      if (!find(entry.id)) messages.add({ ...entry, from: 'visitor' });
      main.scrollTop = 0;
    },
    message(data) {
      if (find(data.id)) return on.ack(data);
      const element = messages.add(data);
      if (data.from != 'visitor') part('more').then(() => chat.hear(data, element));
      emit('message', data);
    },
    receipt(data) {
      if (data.state != 'delivered') return part('more').then(() => chat.hold(data));
      messages.delivered = data.seq;
      messages.update();
    },
    ack({ id, seq }) {
      const element = find(id);
      if (element) element.dataset.seq = seq;
      messages.update();
    },
  };

  const client = createClient(
    window,
    () => new URL('/ws', config.workerUrl || base).href.replace('http', 'ws'),
    (type, data) => (on[type] ? on[type](data) : type != 'typing' && part('more').then(() => on[type]?.(data))),
  );

  // What the visitor does

  const start = (hello) => {
    client.hello = { locale, ...hello };
    client.connect();
    setTimeout(part, MORE_AFTER_MS, 'more');
  };

  form.onsubmit = (event) => {
    event.preventDefault();
    if (config.turnstileSiteKey || !form.checkValidity()) return part('more').then(() => chat.explain());
    view('busy');
    start(Object.fromEntries(new FormData(form)));
  };

  input.onkeydown = (event) => {
    if (event.key == 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  };

  dialog.onkeydown = ({ key }) => {
    if (key == 'Escape') close();
  };
  dialog.onclose = () => {
    button.ariaExpanded = false;
    button.focus();
    emit('close');
  };

  const resume = () => {
    view('ready');
    start();
  };

  /** What the lazy parts work with. */
  chat = {
    host, base, config, part, t, strings, locale, emit, on, start, resume, view, messages, client, dialog,
    open() {
      if (dialog.open) return;
      if (innerWidth < 481 || innerHeight < 481) dialog.showModal();
      else dialog.show();
      button.ariaExpanded = true;
      view(dialog.dataset.phase);
      if (!form.hidden && (client.session || config.identity)) part('more').then(() => chat.recognise());
      emit('open');
    },
    close,
    toggle: () => (dialog.open ? close() : chat.open()),
    reset: () => part('more').then(() => chat.wipe()),
    sendMessage: (text) => part('more').then(() => chat.dictate(text)),
    update: () => part('more').then(() => chat.follow()),
    destroy() {
      client.close();
      close();
      view('form');
    },
  };

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
  introduce();
  host.dir = strings.dir || '';
  button.before(dialog);
  view('form');
  // A conversation of the last hour goes on by itself.
  if (Date.now() - client.session?.at < HOUR_MS) {
    if (config.identity) chat.update();
    else resume();
  }
  return chat;
};
