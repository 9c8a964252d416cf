// The log of the conversation. The DOM is the model: a message is the element that shows it.

import { h } from './dom.js';

/** Messages of one speaker that are further apart than this begin a new group. */
const GROUP_WITHIN_MS = 3e5;

/**
 * @param {(text: string) => string} t
 * @param {string} locale
 */
export const createLog = (t, locale) => {
  const log = h('section', { part: 'log', role: 'log', ariaLabel: t('Conversation') });
  const receipt = h('span', { part: 'receipt' });

  const messages = {
    log,
    /** The visitor's messages up to this number are in the team's hands. */
    delivered: 0,

    find: (key, value) => [...log.children].findLast((element) => element.dataset[key] == value),

    /** Makes the element of a message, without placing it. */
    make({ message, from = 'agent', author = '', timestamp = Date.now(), seq, id }) {
      const time = new Date(timestamp);
      const element = h(
        'article',
        { part: 'message ' + from, className: from },
        h('b', { textContent: author, hidden: from != 'agent' }),
        h('p', { part: 'text', dir: 'auto', textContent: message }),
        h('small', {}, h('time', { textContent: time.toLocaleTimeString(locale, { timeStyle: 'short' }) })),
      );
      Object.assign(element.dataset, { from, author, at: +time });
      if (seq) element.dataset.seq = seq;
      if (id) element.dataset.id = id;
      return element;
    },

    /** Whether a message goes on with what the one before it said. */
    join(element) {
      const before = element.previousElementSibling?.dataset;
      const { from, author, at } = element.dataset;
      element.classList.toggle('next', before?.from == from && before.author == author && at - before.at < GROUP_WITHIN_MS);
    },

    /** Adds the newest message; what waits for its acknowledgement stays below it. */
    add(data) {
      const element = messages.make(data);
      const waiting = data.seq && log.querySelector('.visitor:not([data-seq])');
      log.insertBefore(element, waiting || null);
      messages.join(element);
      if (waiting) messages.join(waiting);
      messages.update();
      return element;
    },

    /** Says under the visitor's newest message how far it has come. */
    update() {
      const element = messages.find('from', 'visitor');
      const seq = element?.dataset.seq;
      receipt.textContent = t(!seq ? 'Sending…' : seq > messages.delivered ? 'Sent' : 'Delivered');
      element?.lastChild.append(' ', receipt);
    },
  };
  return messages;
};
