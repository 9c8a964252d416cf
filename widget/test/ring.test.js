// The tone and the notification: neither without having been asked for.

import test from 'node:test';
import assert from 'node:assert/strict';
import { ring } from '../src/ring.js';

/** A browser as far as ring.js needs one; gives what it heard and showed. */
function listen({ hidden = true, refusesNotifications = false } = {}) {
  const heard = [];
  const part = () => ({ connect: (to) => to, start: () => heard.push('tone'), gain: { setTargetAtTime() {} } });
  Object.assign(globalThis, {
    document: { hidden },
    focus: () => heard.push('focus'),
    setTimeout: (then) => then(),
    AudioContext: class {
      createOscillator = part;
      close = () => heard.push('silence');
    },
    GainNode: class {
      constructor() {
        return part();
      }
    },
    Notification: class {
      constructor(title, { body }) {
        if (refusesNotifications) throw new TypeError('Illegal constructor');
        heard.push(title + ': ' + body);
        setTimeout(() => queueMicrotask(() => this.onclick()));
      }
    },
  });
  return heard;
}

const chat = { open() {} };
const data = { author: 'Sam', message: 'Hi' };

for (const [what, page, config, session, expected] of [
  ['nobody has asked', {}, {}, {}, []],
  ['the site asked for sound', {}, { sound: true }, {}, ['tone', 'silence']],
  ['the visitor asked', {}, {}, { alerts: true }, ['tone', 'silence', 'Sam: Hi', 'focus']],
  ['the visitor asked, and sees the page', { hidden: false }, {}, { alerts: true }, ['tone', 'silence']],
  ['the browser has no notifications for pages', { refusesNotifications: true }, {}, { alerts: true }, ['tone', 'silence']],
]) {
  test(what, async () => {
    const heard = listen(page);
    ring(chat, config, session, data);
    await Promise.resolve();
    assert.deepEqual(heard, expected);
  });
}
