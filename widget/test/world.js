// A browser in virtual time, as far as the client needs one: clock, timers, storage, sockets, locks, channels.

/** Browsers share what tabs share: storage, locks, channels. */
export class VirtualBrowser {
  constructor() {
    this.now = 1_700_000_000_000;
    this.timers = [];
    this.storage = {};
    this.sockets = [];
    this.channels = [];
    /** Who holds the lock, and who waits for it. */
    this.holder = null;
    this.waiting = [];
    /** How often a lock was asked for where locks are forbidden. */
    this.refusedLocks = 0;
    this.chance = 0.5;
    this.nextTimer = 1;
  }

  /** Lets time pass, timer by timer; promises settle in between. */
  async pass(ms) {
    const end = this.now + ms;
    await this.settle();
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.now = due.at;
      this.timers = this.timers.filter((timer) => timer != due);
      due.then();
      await this.settle();
    }
    this.now = end;
  }

  /** Lets everything that was begun come to rest. */
  async settle() {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  }

  /** One tab's window. */
  tab({ storage = this.storage, isOpaque = false } = {}) {
    const browser = this;
    const tab = {
      isFrozen: false,
      localStorage: storage,
      location: { pathname: '/pricing' },
      // Each number differs a little from the last: ids must.
      Math: { random: () => browser.chance + 1e-9 * browser.nextTimer++ },
      Date: { now: () => browser.now },
      setTimeout(then, ms, ...args) {
        const id = browser.nextTimer++;
        browser.timers.push({ id, at: browser.now + ms, then: () => tab.isFrozen || then(...args) });
        return id;
      },
      clearTimeout: (id) => void (browser.timers = browser.timers.filter((timer) => timer.id != id)),
      WebSocket: class {
        constructor(url, protocols) {
          Object.assign(this, { url, protocols, readyState: 0, sent: [], tab });
          browser.sockets.push(this);
        }
        open() {
          this.readyState = 1;
          this.onopen?.();
        }
        send(text) {
          this.sent.push(JSON.parse(text));
        }
        close() {
          this.readyState = 3;
        }
        /** The server says something. */
        hear(type, data) {
          this.onmessage?.({ data: JSON.stringify({ type, data }) });
        }
        /** The connection ends. */
        end(code = 1006) {
          this.readyState = 3;
          this.onclose?.({ code });
        }
      },
      BroadcastChannel: class {
        constructor() {
          if (isOpaque) throw new DOMException('forbidden', 'SecurityError');
          this.tab = tab;
          browser.channels.push(this);
        }
        close() {
          browser.channels = browser.channels.filter((channel) => channel != this);
        }
        postMessage(data) {
          if (tab.isFrozen) return;
          const copy = structuredClone(data);
          for (const channel of browser.channels) {
            if (channel != this) Promise.resolve().then(() => channel.tab.isFrozen || channel.onmessage?.({ data: copy }));
          }
        }
      },
      navigator: {
        locks: {
          request: (name, options, granted) =>
            new Promise((resolve, reject) => {
              if (isOpaque) {
                browser.refusedLocks++;
                throw new DOMException('forbidden', 'SecurityError');
              }
              const claim = { grant: () => { browser.holder = claim; Promise.resolve(granted({ name })).then(() => claim.release(resolve)); }, reject };
              claim.release = (then) => {
                if (browser.holder != claim) return;
                browser.holder = null;
                then();
                browser.waiting.shift()?.grant();
              };
              if (options.steal && browser.holder) {
                browser.holder.reject(new Error('stolen'));
                claim.grant();
              } else if (!browser.holder) claim.grant();
              else if (options.ifAvailable) Promise.resolve(granted(null)).then(resolve);
              else browser.waiting.push(claim);
            }),
        },
      },
    };
    return tab;
  }

  get socket() {
    return this.sockets.at(-1);
  }
}
