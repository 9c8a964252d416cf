// What neither a first message nor a plain answer needs: loaded with the first answer, ten seconds after the window was
// opened, or when something is in the way. It adds handlers to those of the window.

import css from './more.css';
import { controls } from './controls.js';
import { endure } from './endure.js';
import { format, formatPlain } from './format.js';
import { ring } from './ring.js';
import { prove } from './turnstile.js';

/** The parameters are the kit of window.js. */
export default (
  chat, host, root, button, config, address, remake, h, words, t, locale, emit, on, base, dialog, form, status,
  main, log, input, receipt, view, begin, submitForm, resume, goOn, make, add, mark, find, introduce,
) => {
  const LOOK_FIRST_MS = 500;
  /** A close that is not to be tried again, and one after which the server knows nothing any more. */
  const REFUSED = 4501;
  const FORGOTTEN = 4504;
  /** Whoever has to wait longer is shown the other way that the site offers. */
  const LONG_MS = 6e4;
  const NEAR_PX = 60;
  const PAGE = 50;
  const MOST = 200;
  const life = new AbortController();
  /**
   * @param {string} event
   * @param {(event: any) => void} handler
   * @param {EventTarget} [target]
   */
  const listen = (event, handler, target = window) => target.addEventListener(event, handler, life);
  const note = (message) => add({ message, from: 'system' });
  const bySeq = (seq) => log.querySelector(`[data-seq="${seq}"]`);
  const articles = () => [...log.querySelectorAll('article')];

  /** The newest message of somebody else, and the newest that was seen. */
  let newest = 0;
  let seen = 0;
  let unread = 0;
  /** How many answers wait, as the title says it; the page's own title, and both together. */
  let sign = '';
  let title;
  let whole;
  /** Another window takes this one's place. */
  let isLeaving;
  /** What the header says when nothing is the matter. */
  let usual;
  let forgetting;
  /** The server has older messages than those shown. */
  let hasMore;
  /** Which way messages were asked for: 1 older, 2 the newest. */
  let isAsking;
  /** The height of the log when it was last looked at, while older messages are being read. */
  let height;
  /** "Continue as …?" */
  let question;
  const closed = t('This conversation was closed. Write to begin a new one.');

  // What goes wrong, said where it belongs

  /** Says what is wrong with a field, or (without a text) that nothing is. */
  const complain = (field, text = '') => {
    field.nextSibling?.remove();
    if (field.name) field.ariaInvalid = !!text;
    if (text) field.after(h('em', { role: 'alert' }, text));
    if (text) field.focus();
  };

  /** A message was refused. Where the same again would be as well, it is not offered. */
  const fail = (element, reason, isFinal) => {
    if (!element || element.querySelector('em')) return;
    const failure = h('em', {}, reason + ' ', isFinal ? '' : h('button', { part: 'retry', onclick: retry }, t('Try again')));
    function retry() {
      const { seq } = element.dataset;
      failure.remove();
      if (seq) return client.tell('retry', { seq: +seq });
      element.remove();
      client.say(element.data.message);
    }
    element.append(failure);
  };

  /** Asks for the proof that a human is here, and begins with it. */
  const proveAnd = (then) => prove(h, host, config, locale, then, () => giveUp(showForm()));

  const showForm = () => {
    form.className = '';
    view('form');
  };

  /** Says that nobody can be reached, and which other way the site offers; once beside the button, where one looks who has pressed it. */
  const giveUp = (text = t('Not available right now.')) => {
    const { fallback = '' } = config;
    const href = (/^[^/:]+@/.test(fallback) ? 'mailto:' : '') + fallback;
    status.replaceChildren(text, ' ', fallback && h('a', { href }, fallback));
    if (!form.hidden && !form[2].nextSibling) complain(form[2], text);
  };

  // Attention: what was seen

  const label = () => (button.ariaLabel = sign + (config.label || t('Chat')));

  const count = (now = 0) => {
    unread = now;
    sign = now ? `(${now}) ` : '';
    label();
    delete button.dataset.unread;
    if (now) button.dataset.unread = now;
    // Whatever the page has made of its title meanwhile is its own.
    if (document.title != whole) title = document.title;
    document.title = sign + title;
    whole = document.title;
    if (client.opened) client.keep({ unread });
    emit('unread', now);
  };

  /** Everything up to here was seen, in this tab or in another. */
  const see = (seq) => {
    seen = Math.max(seen, seq);
    if (unread && newest <= seen) count(0);
  };

  /** Marks as seen what is before the visitor's eyes. */
  const look = () => {
    if (!dialog.open || document.hidden || newest <= seen) return;
    client.tell('seen', { seq: newest });
    see(newest);
  };

  // Formatting, groups, days; and never more than 200 messages in the page

  const day = (when) => new Date(when).toLocaleDateString(locale, { dateStyle: 'full' });
  const speaker = ({ data: { from, author } }) => (from == 'agent' ? author : from);

  /** Formats a message, joins it to what the same person said before, and puts the day above it when it begins one. */
  const arrange = (element) => {
    const { data, children } = element;
    const { message, avatar, edited, deleted, timestamp, from } = data;
    const text = deleted ? [t('Message deleted')] : (from == 'agent' ? format : formatPlain)(h, message);
    if (from == 'visitor') children[0].textContent = t('You');
    children[1].replaceChildren(...text, edited ? ` (${t('edited')})` : '');
    // Safari breaks a long word only inside one text node.
    children[1].normalize();
    if (avatar && !children[3]) element.append(h('img', { src: avatar, alt: '' }));
    let before = element.previousSibling;
    if (before && !before.data) {
      before.remove();
      before = element.previousSibling;
    }
    const today = day(timestamp);
    const isNewDay = today != day(before?.data.timestamp || Date.now());
    if (isNewDay) element.before(h('h3', {}, today));
    element.classList.toggle('next', !isNewDay && before && speaker(before) == speaker(element));
  };

  /** What is furthest from the reader goes, many at once, so that most messages cost the same. */
  const trim = (end) => {
    const isFull = log.children.length > MOST;
    while (isFull && log.children.length > MOST - PAGE) log[end].remove();
    return isFull;
  };

  /** What is being read stays in its place. Where the log got shorter, browsers move it themselves: `top` has to be from before. */
  const hold = (top = main.scrollTop) => {
    if (jump.hidden || top > -NEAR_PX) return;
    main.scrollTop = top - main.scrollHeight + height;
    height = main.scrollHeight;
  };

  const ask = (way, before) => {
    isAsking = way;
    client.tell('history', { before, limit: PAGE });
  };

  /** The composer is as high as its text, in every browser. */
  const grow = () => {
    input.style.height = 'auto';
    // What is not shown has no height.
    if (input.scrollHeight) input.style.height = input.scrollHeight + 'px';
  };

  /** An address as the server compares it. */
  const plain = ({ email }) => (email + '').trim().toLowerCase();

  /** Goes to the newest messages, which may have to be fetched. */
  const leap = () => {
    main.scrollTop = 0;
    if (log.isCut) ask(2, client.last + 1);
  };
  const jump = h('button', { part: 'jump', hidden: true, onclick: leap }, t('Newest messages'));

  main.onscroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = main;
    jump.hidden = scrollTop > -NEAR_PX;
    height = main.scrollHeight;
    if (isAsking) return;
    if (jump.hidden && log.isCut) leap();
    else if (hasMore && scrollHeight + scrollTop - clientHeight < MOST) ask(1, +log.querySelector('[data-seq]:not([data-seq=""])').dataset.seq);
  };

  Object.assign(on, {
    /** The form was sent, and something is in the way: a field that is wrong, or the proof that a human sends it. */
    explain() {
      if (!form.checkValidity()) {
        showForm();
        // In the browser's own words and language; the first wrong field has the focus in the end.
        return [form[1], form[0]].forEach((field) => complain(field, field.validationMessage));
      }
      proveAnd(submitForm);
    },

    error(data) {
      const { code, field, message, retryAfterMs } = data;
      // A frame that is too big is not read, so that nobody knows its id but we.
      const id = data.id || (code == 'frame_too_big' && client.outbox[0]?.id);
      const text = words[code] || message;
      if (retryAfterMs > LONG_MS) giveUp(text);
      if (id && retryAfterMs) {
        receipt.textContent = '· ' + text;
        setTimeout(client.pump, retryAfterMs, true);
      } else if (id) {
        const element = find(id);
        client.done(id);
        fail(element, text, field);
        if (!element) return;
        // It waits for nothing any more: what comes now stands below it.
        delete element.dataset.seq;
        if (!field || document.hidden) return;
        client.keep({ draft: (input.value ||= element.data.message) });
        grow();
      } else if (client.opened) note(text);
      else if (retryAfterMs) client.wait(retryAfterMs);
      else {
        client.hangUp();
        showForm();
        complain(form[field] || form[2], text);
      }
      emit('error', data);
    },

    /** The connection was lost. A browser does not say why an upgrade was refused; a plain request does. */
    async away({ isOver, attempt }) {
      const { onLine } = navigator;
      delete dialog.dataset.live;
      input.disabled = isOver; // what is written then would reach nobody
      emit('status', isOver ? 'stopped' : 'waiting');
      status.textContent = onLine ? t('Connecting…') : t('You are offline. Messages wait here.');
      if (isOver && !form.hidden) showForm();
      if (isOver || attempt > 3) giveUp();
      if (attempt != 1 || !onLine || !client.leads()) return;
      const { route } = client.session || {};
      const cause = await fetch(address + (route ? '?route=' + route : '')).then((response) => response.json()).catch(() => ({ message: 'no answer from ' + address }));
      if (cause.code == 'ok') return;
      console.error('cloudflare-chat: ' + cause.message);
      // The way to the conversation is not known there any more; the conversation itself may be.
      if (cause.code == 'route_invalid') return client.keep({ route: '' });
      client.wait(cause.retryAfterMs);
      if (cause.code == 'origin_refused') return client.lost({ code: REFUSED });
      if (cause.code) giveUp();
    },

    /** A receipt other than "delivered". */
    hold({ seq, state, code }) {
      if (state == 'failed') fail(bySeq(seq), words[code] || t('Not delivered.'));
      else receipt.textContent = '· ' + t('Delivery takes longer than usual');
    },

    /** Another tab has shown everything up to here. */
    '>seen': (data) => see(data.seq),

    /** A message of somebody else has come. */
    hear(data) {
      status.textContent = usual;
      if (data.seq > seen) emit('message', data);
      newest = Math.max(newest, data.seq);
      look();
      if (newest <= seen) return;
      count(unread + 1);
      // One tab tells, and only when none has shown it.
      setTimeout(() => newest > seen && client.leads() && ring(chat, config, client.session, data), LOOK_FIRST_MS);
    },

    /** The conversation is open, perhaps again. */
    catchUp(data) {
      see(data.seen || 0);
      usual = status.textContent;
      hasMore = data.more;
      input.disabled = isAsking = 0;
      emit('status', 'ready');
      data.failed?.forEach((seq) => on.hold({ seq, state: 'failed' }));
      grow();
      bell.ariaPressed = !!client.session.alerts;
    },

    typing({ author, forMs }) {
      status.textContent = t('{} is typing…').replace('{}', author);
      clearTimeout(forgetting);
      forgetting = setTimeout(() => (status.textContent = usual), forMs);
    },

    /** A message was added. */
    settle(element) {
      arrange(element);
      hold();
      if (jump.hidden && trim('firstChild')) hasMore = true;
      if (element.data.from == 'visitor') grow();
    },

    edit(data) {
      const element = bySeq(data.seq);
      if (!element) return;
      Object.assign(element.data, { edited: true }, data);
      arrange(element);
    },
    delete: ({ seq }) => on.edit({ seq, edited: false, deleted: true }),

    history({ messages, more }) {
      if (!isAsking) return;
      // A screen reader is not told what is old.
      log.ariaBusy = true;
      if (isAsking == 2) {
        log.replaceChildren();
        log.isCut = false;
      }
      log.prepend(...messages.map(make));
      // These, and the one that they now stand before.
      articles().slice(0, messages.length + 1).forEach(arrange);
      height = main.scrollHeight;
      const { scrollTop } = main;
      if (trim('lastChild')) log.isCut = true;
      hold(scrollTop);
      if (isAsking == 2) client.outbox.forEach(on.queued);
      hasMore = more;
      isAsking = 0;
      log.ariaBusy = false;
      mark();
    },

    // Who the visitor is: known to the site, known from before, or somebody else

    recognise() {
      // It may have been called for twice before this part was there.
      if (form[2].disabled) return;
      question?.remove();
      const { identity } = config;
      if (identity) {
        form.className = 'known';
        view('busy');
        if (config.turnstileSiteKey && !client.session) proveAnd((proof) => begin({ ...identity, ...proof }));
        else begin(identity);
        return;
      }
      question = h(
        'aside',
        { part: 'ask' },
        t('Continue as {}?').replace('{}', client.session.name),
        h('button', { part: 'submit', onclick: resume }, t('Continue')),
        h('button', { onclick: () => on.wipe() }, t('Not me')),
      );
      form.before(question);
      if (dialog.open) question.children[0].focus();
    },

    /** The settings have changed, or the page has begun with an identity. */
    async follow() {
      const { identity } = config;
      if (isLeaving) return;
      if (config.locale != locale) {
        const { open } = dialog;
        chat.destroy();
        const made = await remake();
        // The next one is put into this one, which stays reachable so.
        for (const method in made) chat[method] = (argument) => made[method](argument);
        if (open) chat.open();
        // The language may have been changed once more.
        return chat.update();
      }
      label();
      if (!identity) return;
      if (client.session && plain(client.session) != plain(identity)) on.wipe();
      if (!form.hidden) return (client.session || dialog.open) && on.recognise();
      // What the site says of the same person may be new.
      const hello = { locale, ...identity };
      if (JSON.stringify(hello) == JSON.stringify({ ...client.hello, turnstileToken: undefined })) return;
      client.hello = hello;
      if (client.leads()) client.dial();
    },

    /** Forgets everything, here and (unless they have told) in the other tabs. */
    wipe(wasTold) {
      if (client.outbox[0]) emit('error', { code: 'unsent' });
      client.forget(wasTold);
      newest = seen = 0;
      log.isCut = false;
      question?.remove();
      input.value = '';
      complain(form[2]);
      form.reset();
      log.replaceChildren();
      delete dialog.dataset.live;
      introduce?.();
      count(0);
      showForm();
    },

    ended({ by }) {
      if (by == 'visitor') on.wipe(true);
      else note(closed);
    },

    /** Says something in the visitor's name; what cannot be said yet waits in the composer. */
    dictate(text) {
      chat.open();
      if (form.hidden) client.say(text);
      else input.value = text;
    },

    /** The window goes. */
    leave() {
      isLeaving = true;
      client.leave();
      life.abort();
      count(0);
    },
  });

  const client = endure(base, (type, data) => on[type]?.(data));
  on.lost = (event) => {
    client.lost(event);
    if (event.code != FORGOTTEN) return;
    on.wipe();
    complain(form[2], closed);
  };

  form.oninput = ({ target }) => complain(target);
  // What was wrong the last time is not said of this time.
  listen('submit', () => complain(form[2]), form);
  listen(
    'input',
    () => {
      grow();
      // Said when a message is begun.
      if (!input.value[1]) client.tell('typing');
    },
    input,
  );
  const [bell, end] = controls(h, t, client, on);
  status.after(bell, end);
  input.rows = 1;
  // Beside what scrolls, not in it: whatever brings the button into view, as focus does, would scroll the log.
  main.after(jump);

  // The page

  const isBack = () => {
    look();
    if (document.hidden) return;
    goOn();
    client.wake();
  };
  const isOpen = () => {
    look();
    // What is closed forgets how far it was scrolled.
    main.onscroll();
    grow();
  };
  listen('open', isOpen, host);
  listen('visibilitychange', isBack, document);
  listen('online', isBack);
  // Another tab has begun a conversation.
  listen('storage', () => goOn());
  // A page that is kept for "back" may hold neither a connection nor a lock.
  listen('pagehide', client.leave);
  listen('pageshow', ({ persisted }) => {
    if (!persisted) return;
    client.enter();
    isBack();
  });
  // The on-screen keyboard shrinks what is visible, not the page.
  const fit = () => {
    const { height, offsetTop } = visualViewport;
    const { style } = root.adoptedStyleSheets[0].cssRules[0];
    style.setProperty('--vh', height + 'px');
    style.setProperty('--vt', offsetTop + 'px');
  };
  listen('resize', fit, visualViewport);
  listen('scroll', fit, visualViewport);
  fit();
  // On a page without a button the window closes as well; one that the site opens there stays.
  new MutationObserver(([{ oldValue }]) => oldValue == null && button.hidden && !config.hidden && chat.close()).observe(button, {
    attributeFilter: ['hidden'],
    attributeOldValue: true,
  });

  log.ariaLabel = t('Chat');
  root.adoptedStyleSheets[0].insertRule(`@media{${css}}`, 2);
  articles().forEach(arrange);
  count(client.session?.unread);
  if (client.opened) on.catchUp(client.opened);
};
