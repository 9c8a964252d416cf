// The log of the conversation. The DOM is the model: a message is the element that shows it.

import { h } from './dom.js';

/**
 * @param {(text: string) => string} t
 * @param {string} locale
 */
export const createLog = (t, locale) => {
  const log = h('span', { role: 'log' });
  const receipt = h('span');
  /** Who spoke last. */
  let speaker;

  const messages = {
    log,
    /** The visitor's messages up to this number are in the team's hands. */
    delivered: 0,

    /** Makes the element of a message, without placing it. */
    make({ message, from, author = '', timestamp = Date.now(), seq = '', id = '' }) {
      const time = new Date(timestamp).toLocaleTimeString(locale, { timeStyle: 'short' });
      const element = h(
        'article',
        { part: 'message ' + from, id, className: from },
        h('b', {}, author),
        h('p', { part: 'text', dir: 'auto', title: time }, message),
        h('small', {}, time, ' '),
      );
      Object.assign(element.dataset, { from, seq, at: timestamp });
      return element;
    },

    /** Adds the newest message; what waits for its acknowledgement stays below it. */
    add(data) {
      const element = messages.make(data);
      const who = element.className + element.firstChild.textContent;
      element.classList.toggle('next', who == speaker);
      speaker = who;
      log.insertBefore(element, data.seq ? log.querySelector('.visitor[data-seq=""]') : null);
      messages.update();
      return element;
    },

    /** Says under the visitor's newest message how far it has come. */
    update() {
      const element = [...log.querySelectorAll('.visitor')].pop();
      const seq = element?.dataset.seq;
      receipt.textContent = t(!seq ? 'Sending…' : seq > messages.delivered ? 'Sent' : 'Delivered');
      element?.lastChild.append(receipt);
    },
  };
  return messages;
};
