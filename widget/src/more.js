// What neither a first message nor a plain answer needs: loaded with the first answer, ten seconds after the
// conversation has begun, or when something is in the way. It adds to the window's functions.

import css from './more.css';
import { h } from './dom.js';
import { format, formatPlain } from './format.js';
import { endure } from './patience.js';
import { shareTabs } from './tabs.js';
import { prove } from './turnstile.js';

const TYPING_EVERY_MS = 8e3;
const PAGE = 50;
const MOST = 200;

/** @param {Record<string, any>} chat see window.js */
export default (chat) => {
  const { host, config, t, strings, emit, on, client, messages, dialog, view, base, locale } = chat;
  const root = host.shadowRoot;
  const button = root.querySelector('div > button');
  const [form, main, input, status, log] = ['form', 'section', 'textarea', 'output', 'section > span'].map((tag) => dialog.querySelector(tag));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets.push(sheet);
  const life = new AbortController();
  const listen = (target, event, handler) => target.addEventListener(event, handler, life);
  const note = (text) => messages.add({ message: t(text), from: 'system' });
  const bySeq = (seq) => log.querySelector(`[data-seq="${seq}"]`);

  // What goes wrong, said where it belongs

  const complain = (field, text) => {
    if (!field.nextSibling) field.after(h('em', { role: 'alert' }));
    field.nextSibling.textContent = text;
    if (field.name) field.ariaInvalid = !!text;
    if (text) field.focus();
  };
  form.oninput = ({ target }) => complain(target, '');

  /** The form was sent, and something is in the way: a field that is wrong, or the proof that a human sends it. */
  chat.explain = async () => {
    for (const field of [form[1], form[0]]) {
      complain(field, field.validity.valid ? '' : t(field.value ? 'This is not an e-mail address.' : 'Please fill this in.'));
    }
    if (!form.checkValidity()) return;
    view('busy');
    try {
      const turnstileToken = await prove(host, config.turnstileSiteKey, locale);
      chat.start({ ...Object.fromEntries(new FormData(form)), turnstileToken });
    } catch {
      on.error({ message: t('The check could not be loaded. Please try again.') });
    }
  };

  const fail = (element, reason) => {
    if (!element || element.querySelector('em')) return;
    const { seq } = element.dataset;
    const failure = h('em', {}, reason + ' ', h('button', { part: 'retry', onclick: retry }, t('Try again')));
    function retry() {
      failure.remove();
      if (seq) return client.send('retry', { seq: +seq });
      element.remove();
      client.say(element.children[1].textContent);
    }
    element.append(failure);
  };

  /** A receipt other than "delivered". */
  chat.hold = ({ seq, state, code }) => {
    if (state == 'failed') fail(bySeq(seq), strings[code] || t('Not delivered.'));
    else log.querySelector('span').textContent = t('Delivery takes longer than usual');
  };

  on.error = (data) => {
    const { id, code, message, retryAfterMs } = data;
    const text = strings[code] || message;
    if (id) {
      if (retryAfterMs) setTimeout(client.pump, retryAfterMs, true);
      else {
        client.done(id);
        fail(root.getElementById(id), text);
      }
    } else if (client.ready) note(text);
    else if (retryAfterMs) patience.wait(retryAfterMs);
    else {
      client.close();
      view('form');
      complain(form[data.field] || form[2], text);
    }
    emit('error', data);
  };

  /** The connection was lost. A browser does not say why an upgrade was refused; a plain request does. */
  const stumble = async ({ phase, attempt }) => {
    const { fallback = '' } = config;
    const giveUp = () => {
      const href = (/^[^/]+@/.test(fallback) ? 'mailto:' : '') + fallback;
      status.replaceChildren(t('Not available right now.'), ' ', fallback && h('a', { href }, fallback));
    };
    delete dialog.dataset.live;
    emit('status', phase);
    status.textContent = t(navigator.onLine ? 'Connecting…' : 'You are offline. Messages wait here.');
    if (phase == 'stopped' || attempt > 3) giveUp();
    if (attempt != 1 || !navigator.onLine) return;
    const address = new URL('/ws', config.workerUrl || base);
    const cause = await fetch(address).then((response) => response.json()).catch(() => ({ message: 'nothing answers at ' + address }));
    if (cause.code == 'ok') return;
    console.error('cloudflare-chat: ' + cause.message);
    patience.wait(cause.retryAfterMs);
    if (cause.code == 'origin_refused') client.close();
    if (cause.code) giveUp();
  };

  // Attention: what was seen, who types

  /** The newest message of somebody else, and the newest that was seen. */
  let newest = 0;
  let seen = 0;
  let unread = 0;
  let usual;
  let typedAt = 0;
  let forgetting;

  const count = (now) => {
    unread = now;
    if (unread) button.dataset.unread = unread;
    else delete button.dataset.unread;
    button.ariaLabel = (config.label || t('Chat')) + (unread ? ` (${unread})` : '');
    document.title = (unread ? `(${unread}) ` : '') + document.title.replace(/^\(\d+\) /, '');
    if (client.session) client.keep({ unread });
    emit('unread', unread);
  };

  /** Marks as seen what is before the visitor's eyes. */
  const look = () => {
    if (!dialog.open || document.hidden || newest <= seen) return;
    client.send('seen', { seq: (seen = newest) });
    if (unread) count(0);
  };

  on.seen = ({ seq }) => {
    seen = Math.max(seen, seq);
    if (unread && newest <= seen) count(0);
  };

  /** A message of somebody else has come. */
  chat.hear = (data, element) => {
    decorate(element, data);
    // Safari does not hold on to what is being read when something grows below it.
    if (!jump.hidden && !CSS.supports('overflow-anchor', 'auto')) {
      main.scrollTop -= main.scrollHeight - tall;
      tall = main.scrollHeight;
    }
    status.textContent = usual;
    newest = Math.max(newest, data.seq || 0);
    if (newest <= seen) return;
    look();
    if (newest > seen) count(unread + 1);
  };

  const { ready, queued } = on;
  const catchUp = (data) => {
    seen = Math.max(seen, data.seen || 0);
    usual = status.textContent;
    hasMore = data.more;
    dialog.dataset.live = 1;
    emit('status', 'ready');
    data.failed?.forEach((seq) => chat.hold({ seq, state: 'failed' }));
    input.value ||= client.session.draft || '';
  };
  on.ready = (data) => {
    ready(data);
    catchUp(data);
  };
  on.queued = (entry) => {
    queued(entry);
    decorate(root.getElementById(entry.id), entry);
    client.keep({ draft: '' });
  };
  input.oninput = () => {
    client.keep({ draft: input.value });
    if (Date.now() - typedAt < TYPING_EVERY_MS) return;
    typedAt = Date.now();
    client.send('typing');
  };
  on.typing = ({ author, forMs }) => {
    status.textContent = t('{} is typing…').replace('{}', author);
    clearTimeout(forgetting);
    forgetting = setTimeout(() => (status.textContent = usual), forMs || TYPING_EVERY_MS);
  };

  // Older messages, days, formatting, corrections; and never more than 200 messages in the page

  let hasMore;
  let isAsking;

  const day = (element) => new Date(+element.dataset.at).toDateString();

  /** Formats a message, and puts the day above it when it begins one. */
  const decorate = (element, { message = element.children[1].textContent, avatar, edited }) => {
    const text = element.children[1];
    text.replaceChildren(...(element.className.startsWith('agent') ? format(message) : formatPlain(message)), edited ? ' ✎' : '');
    // Safari breaks a long word only inside one text node.
    text.normalize();
    if (avatar) element.append(h('img', { src: avatar, alt: '' }));
    let before = element.previousElementSibling;
    if (before?.localName == 'h3') {
      before.remove();
      before = element.previousElementSibling;
    }
    if (before ? day(before) != day(element) : day(element) != new Date().toDateString()) {
      const { at } = element.dataset;
      element.before(h('h3', {}, new Date(+at).toLocaleDateString(locale, { dateStyle: 'full' })));
    }
    // What is furthest from the reader goes, many at once, so that most messages cost the same.
    if (log.children.length > MOST && main.scrollTop > -9) {
      while (log.children.length > MOST - PAGE) log.firstChild.remove();
      hasMore = true;
    }
  };

  on.edit = ({ seq, message }) => bySeq(seq) && decorate(bySeq(seq), { message, edited: true });
  on.delete = ({ seq }) => on.edit({ seq, message: '🗑' });

  const jump = h('button', { part: 'jump', hidden: true, onclick: () => (main.scrollTop = 0) }, t('Newest messages'));
  main.prepend(jump);
  let tall;
  main.onscroll = () => {
    jump.hidden = main.scrollTop > -200;
    tall = main.scrollHeight;
    if (!hasMore || isAsking || main.scrollHeight + main.scrollTop - main.clientHeight > 200) return;
    isAsking = true;
    client.send('history', { before: +log.querySelector('[data-seq]:not([data-seq=""])').dataset.seq, limit: PAGE });
  };

  on.history = (data) => {
    if (!isAsking) return;
    isAsking = false;
    hasMore = data.more;
    const [next] = log.children;
    // A screen reader is not told what is old.
    log.ariaBusy = true;
    for (const entry of data.messages) {
      const element = messages.make(entry);
      log.insertBefore(element, next);
      decorate(element, entry);
    }
    log.ariaBusy = false;
    messages.update();
  };

  // Who the visitor is: known to the site, known from before, or somebody else

  chat.recognise = () => {
    if (dialog.querySelector('aside')) return;
    if (config.identity) {
      view('busy');
      return chat.start(config.identity);
    }
    const ask = h(
      'aside',
      { part: 'ask' },
      t('Continue as {}?').replace('{}', client.session.name),
      h('button', { onclick: () => answer(chat.resume) }, t('Continue')),
      h('button', { onclick: () => answer(chat.wipe) }, t('Not me')),
    );
    const answer = (then) => {
      ask.remove();
      then();
    };
    form.before(ask);
  };

  /** The settings have changed, or the page has begun with an identity. */
  chat.follow = async () => {
    if (config.locale && config.locale != locale) {
      const { open: wasOpen } = dialog;
      chat.destroy();
      dialog.remove();
      const window_ = await import(`${base}chat-widget.window.min.js?v=${VERSION}`);
      Object.assign(chat, await window_.default(host, config, base));
      if (wasOpen) chat.open();
      return;
    }
    const email = config.identity?.email;
    if (!email || !client.session) return;
    if (client.session.email != email) chat.wipe();
    else if (!form.hidden) chat.recognise();
  };

  /** Forgets everything, here and in the other tabs. */
  chat.wipe = (isTold) => {
    if (isTold != 1) tabs.tell('ended', { by: 'visitor' });
    if (client.outbox[0]) emit('error', { code: 'unsent' });
    client.close();
    client.outbox = [];
    client.last = newest = seen = 0;
    client.session = null;
    try {
      localStorage.removeItem('cloudflare-chat');
    } catch {}
    log.replaceChildren();
    count(0);
    view('form');
  };

  on.ended = ({ by }) => {
    if (by == 'visitor') chat.wipe(1);
    else note('This conversation was closed. Write to begin a new one.');
  };
  dialog.querySelector('address').after(
    h('button', { part: 'end', onclick: () => client.send('end') }, t('End')),
  );

  /** Says something in the visitor's name; what cannot be said yet waits in the composer. */
  chat.dictate = (text) => {
    chat.open();
    if (form.hidden) client.say(text);
    else input.value = text;
  };

  // The page

  const patience = endure(client, window, stumble);
  on.lost = patience.lost;
  on.pong = () => {};
  const tabs = shareTabs(client, window, (type, data) => on[type](data));
  const isBack = () => {
    look();
    if (!document.hidden) patience.wake();
  };
  listen(host, 'open', look);
  listen(document, 'visibilitychange', isBack);
  listen(window, 'online', isBack);
  // A page that is kept for "back" may hold neither a connection nor a lock.
  listen(window, 'pagehide', () => {
    client.close();
    tabs.leave();
  });
  listen(window, 'pageshow', ({ persisted }) => persisted && (tabs.enter(), isBack()));
  // The on-screen keyboard shrinks what is visible, not the page.
  listen(visualViewport, 'resize', () => {
    const { style } = root.adoptedStyleSheets[0].cssRules[0];
    style.setProperty('--view-height', visualViewport.height + 'px');
    style.setProperty('--view-top', visualViewport.offsetTop + 'px');
  });

  const { destroy } = chat;
  chat.destroy = () => {
    destroy();
    life.abort();
    tabs.leave();
  };
  if (dialog.dataset.phase != 'form') client.heard();
  if (client.ready) catchUp(client.ready);
  for (const element of log.children) decorate(element, {});
};
