// The window: form, conversation, composer. It shows what the client (client.js) says and decides nothing about
// delivery. What neither a first message nor a plain answer needs is in more.js.

import css from './window.css';
import { createClient } from './client.js';

/**
 * Makes an element. Properties are set as properties, never as markup.
 * @param {string} tag
 * @param {Record<string, any>} [props]
 * @param {...(Node | string)} children
 * @returns {any}
 */
const h = (tag, props, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
};

/**
 * Builds the window beside the button. This signature is the contract with the eager part, also with that of the
 * previous release, which may still sit in a browser's cache: things may be added, never changed.
 * @param {HTMLElement} host
 * @param {Record<string, any>} config
 * @param {URL} home where the lazy parts are
 */
const create = async (host, config, home) => {
  const MORE_AFTER_MS = 1e4;
  const AGAIN_AFTER_MS = 5e3;
  const HOUR_MS = 36e5;
  const root = host.shadowRoot;
  /** @type {any} */
  const button = root.querySelector('button');
  const address = new URL('/ws', config.workerUrl || home);
  let locale = config.locale || document.documentElement.lang || 'en';
  // Some pages write en_US, and some what is no language at all.
  try {
    [locale] = Intl.getCanonicalLocales(locale.replace('_', '-'));
  } catch {
    locale = 'en';
  }
  config.locale = locale;

  /** What the lazy part works with. */
  let kit = [];
  const parts = {};
  let tries = 0;
  /** Loads a lazy part once. A browser may remember a failed import, so each try has an address of its own. */
  const load = (name) =>
    (parts[name] ||= import(`${home}chat-widget.${name}.min.js?v=${VERSION}&${tries++}`)
      .then((module) => module.default(...kit))
      .catch((error) => {
        parts[name] = 0;
        throw error;
      }));

  /** Carries out a handler; one that is not here yet comes with the lazy part, which is fetched until it is there. */
  const handle = (type, data) =>
    on[type] ? on[type](data) : (
      load('more').then(
        () => on[type]?.(data),
        () => {
          client.tell('report', { code: 'import', version: VERSION });
          setTimeout(handle, AGAIN_AFTER_MS, type, data);
        },
      )
    );

  const submit = h('button', { part: 'submit' });
  const language = locale.slice(0, 2);
  const words = { ...(LANGUAGES.includes(language) && (await load(language).catch(() => {}))), ...config.strings };
  /** English text is the key of its translations. */
  const t = (text) => words[text] || text;

  const emit = (event, detail) => host.dispatchEvent(new CustomEvent(event, { detail }));

  // The pieces. Their tags carry no landmark: the page has its own header, main and footer.

  const close = () => dialog.close();
  const title = h('h2', { part: 'title' });
  const status = h('output');
  const header = h('hgroup', { part: 'header' }, title, status, h('button', { ariaLabel: t('Close'), onclick: close }, '×'));

  /**
   * Says who answers, and how soon.
   * @param {{name?: string, reply?: string}} [team]
   */
  const introduce = ({ name, reply } = {}) => {
    dialog.ariaLabel = title.textContent = config.title || name || t('Chat with us');
    status.textContent = t(config.subtitle || reply || 'Usually answers in a few minutes');
  };

  // What is no type of a field, as `name` is not, makes a plain one.
  const field = (name, label) =>
    h('label', {}, t(label), h('input', { name, type: name, required: true, autocomplete: name, defaultValue: config[name] || '' }));
  const form = h(
    'form',
    { part: 'form', noValidate: true },
    config.greeting || t('Ask us anything. We answer right here.'),
    field('name', 'Name'),
    field('email', 'E-mail'),
    h('slot'),
    submit,
  );

  const log = h('span', { role: 'log' });
  const main = h('section', { tabIndex: 0 }, log);
  const input = h('textarea', { part: 'input', placeholder: t('Write a message') });
  const send = () => {
    const text = input.value.trim();
    input.value = '';
    if (text) client.say(text);
    input.focus();
    return false;
  };
  const footer = h('fieldset', {}, input, h('button', { part: 'send', ariaLabel: t('Send'), onclick: send }, '↑'));
  const dialog = h('dialog', { part: 'window' }, header, form, main, footer);

  /** Shows the form, the form while it waits (busy), or the conversation (ready). */
  const view = (name) => {
    form.hidden = name == 'ready';
    main.hidden = footer.hidden = !form.hidden;
    submit.disabled = name == 'busy';
    submit.textContent = t(submit.disabled ? 'Connecting…' : 'Start the chat');
    focus();
  };
  const focus = () => dialog.open && (form.hidden ? input : form[0]).focus();

  // The log. The DOM is the model: a message is the element that shows it, and keeps what the server said of it.

  const receipt = h('span');
  /** The visitor's messages up to this number are in the team's hands. */
  let delivered;
  const find = (id) => root.getElementById(id);

  /** Makes the element of a message, without placing it. */
  const make = (data) => {
    const { message, from, author = '', seq = '', id = '' } = data;
    const time = new Date((data.timestamp ||= Date.now())).toLocaleTimeString(locale, { timeStyle: 'short' });
    const element = h(
      'article',
      { part: 'message ' + from, id, className: from, data },
      h('b', {}, author),
      h('p', { part: 'text', dir: 'auto', title: time }, message),
      h('small', {}, time, ' '),
    );
    element.dataset.seq = seq;
    return element;
  };

  /** Adds the newest message; what waits for its acknowledgement stays below it. */
  const add = (data) => {
    const element = make(data);
    log.insertBefore(element, data.seq && log.querySelector('.visitor[data-seq=""]'));
    mark();
    on.settle?.(element);
  };

  /** Says under the visitor's newest message how far it has come. */
  const mark = () => {
    const newest = [...log.querySelectorAll('.visitor')].pop();
    const seq = newest?.dataset.seq;
    receipt.textContent = '· ' + t(!seq ? 'Sending…' : seq > delivered ? 'Sent' : 'Delivered');
    newest?.children[2].append(receipt);
  };

  // What the client says. What is not here is in more.js.

  const on = {
    ready(data) {
      if (!client.last) {
        log.replaceChildren();
        if (!data.more) add({ message: t(data.message), from: 'system' });
      }
      introduce(data.team);
      dialog.dataset.live = 1;
      delivered = data.delivered;
      client.outbox.forEach(on.queued);
      input.value ||= client.session.draft || '';
      // Coming back must not take the focus from where it is.
      if (!form.hidden) view('ready');
      on.catchUp?.(data);
      emit('ready');
    },
    queued(entry) {
      if (!find(entry.id)) add({ ...entry, from: 'visitor' });
      main.scrollTop = 0;
    },
    message(data) {
      if (find(data.id)) return on.ack(data);
      if (!log.isCut) add(data);
      if (data.from == 'visitor') return;
      handle('hear', data);
    },
    receipt(data) {
      if (data.state != 'delivered') return handle('hold', data);
      delivered = data.seq;
      mark();
    },
    ack({ id, seq }) {
      const element = find(id);
      if (element) element.dataset.seq = seq;
      mark();
    },
  };

  const client = createClient(address.href.replace('http', 'ws'), handle);

  // What the visitor does

  const begin = (hello) => {
    client.hello = { locale, ...hello };
    client.dial();
    setTimeout(handle, MORE_AFTER_MS, 'more');
  };

  /** Begins with what stands in the form. */
  const submitForm = (proof) => begin({ name: form[0].value, email: form[1].value, ...proof });

  const resume = () => {
    view('ready');
    begin();
  };

  form.onsubmit = (event) => {
    event.preventDefault();
    view('busy');
    if (config.turnstileSiteKey || !form.checkValidity()) handle('explain');
    else submitForm();
  };

  input.oninput = () => client.keep({ draft: input.value });
  // The key that takes over a word of an input method has another code, in every browser.
  input.onkeydown = ({ keyCode, shiftKey }) => keyCode != 13 || shiftKey || send();

  dialog.onkeydown = ({ key }) => {
    if (key == 'Escape') close();
  };
  dialog.onclose = () => {
    button.ariaExpanded = false;
    emit('close');
  };

  /** A conversation of the last hour goes on by itself, also one that another tab has begun; an older one is asked about. */
  const goOn = (mayAsk) => {
    if (form.hidden || submit.disabled) return;
    client.recall();
    if (Date.now() - client.session?.at < HOUR_MS) config.identity ? handle('follow') : resume();
    else if (mayAsk && (client.session || config.identity)) handle('recognise');
  };

  /** What the eager part calls. */
  const chat = {
    open() {
      if (dialog.open) return;
      if (innerWidth < 481 || innerHeight < 481) dialog.showModal();
      else dialog.show();
      button.ariaExpanded = true;
      focus();
      goOn(true);
      setTimeout(handle, MORE_AFTER_MS, 'more');
      emit('open');
    },
    close,
    toggle: () => (dialog.open ? close() : chat.open()),
    // Whoever signs out is no longer who the site said.
    reset: () => ((config.identity = 0), handle('wipe')),
    sendMessage: (text) => handle('dictate', text),
    update: () => handle('follow'),
    destroy() {
      client.hangUp();
      close();
      dialog.remove();
      on.leave?.();
    },
  };

  // The order is a contract as well: add at the end.
  kit = [
    chat, host, root, button, config, address, () => create(host, config, home), h, words, t, locale, emit, on, client, dialog, form, status,
    main, log, input, receipt, view, begin, submitForm, resume, goOn, make, add, mark, find, introduce,
  ];

  root.adoptedStyleSheets[0].insertRule(`@media{${css}}`, 1);
  introduce();
  host.dir = words.dir || '';
  host.lang = words.Chat ? locale : 'en';
  button.before(dialog);
  view('form');
  goOn();
  if (client.session?.unread) handle('more');
  return chat;
};

export { create as default };
