// What keeps a conversation alive beyond one connection and one tab. Pure, as client.js is.
//
// Patience: a connection that fails is noticed, waited for, and comes back.
// Tabs: one connection a browser. The tab that holds the lock leads: it has the connection, and gives the others every
// frame; what they send goes through it. A leader that does not answer (a frozen tab) loses the lock to whoever asked.

const NAME = 'cloudflare-chat';
const PING_AFTER_MS = 25e3;
const ANSWER_WITHIN_MS = 1e4;
const LEADER_ANSWERS_WITHIN_MS = 3e3;
/** A leader that lives is heard more often than this: it asks the server after each silence, and tells of the answer. */
const LEADER_SPEAKS_WITHIN_MS = 4e4;
/** A frame that comes twice is harmless, so whoever begins to follow keeps its connection a little longer. */
const OVERLAP_MS = 2e3;

/**
 * @typedef {object} Endurance what a client can do then
 * @property {(event?: {code?: number}) => void} lost the connection is gone, or silent for too long
 * @property {(ms?: number) => void} wait the server asks not to be tried again before
 * @property {() => void} wake the network or the page is back: the pause need not run out
 * @property {() => boolean} leads whether this tab speaks for all
 * @property {() => void} enter listens to the other tabs
 * @property {() => void} leave gives connection and lead away, and hears no more
 * @property {(wasTold?: boolean) => void} forget forgets the conversation, here and (unless they have told) in the other tabs
 */

/**
 * Makes a client endure.
 * @param {import('./client.js').Client} base
 * @param {(type: string, data: any) => void} show gives this tab's view a frame of another tab, or `away`: the connection
 *   is lost ({isOver: it will not come back, attempt})
 * @param {import('./client.js').World} [world]
 * @returns {import('./client.js').Client & Endurance}
 */
export const endure = (base, show, world = window) => {
  /** @type {number | undefined} Of the next ping, of the answer to it, or of the next attempt. */
  let timer;
  let attempt = 0;
  let waitMs = 0;
  /** The server said not to come back. */
  let isOver = false;
  /** @type {BroadcastChannel | undefined} */
  let channel;
  /** It leads, or does not know yet that another tab does. */
  let leads = true;
  /** @type {((value?: unknown) => void) | undefined} Gives the lock back; set while this tab has it. */
  let release;
  /** @type {number | undefined} Runs while the leader owes an answer. */
  let doubt;
  /** Its claim to the lock was made: at the first `ready`, so that no tab leads that has no conversation. */
  let hasClaimed = false;
  const { dial, hangUp, receive, tell } = base;

  const later = (then, ms) => {
    world.clearTimeout(timer);
    timer = world.setTimeout(then, ms);
  };

  /** Gives a frame to the other tabs: [1, …] to the leader, [0, …] from it. */
  const post = (...frame) => channel?.postMessage(frame);

  /** Asks for a sign of life: of the server, or of the leader. */
  const ask = () => client.tell('ping');

  const follow = () => {
    const { opened } = client;
    leads = false;
    release = undefined;
    // Whoever has the lock may be frozen.
    ask();
    world.setTimeout(() => {
      if (leads) return;
      client.hangUp();
      client.opened = opened;
      later(ask, LEADER_SPEAKS_WITHIN_MS);
    }, OVERLAP_MS);
    claim({});
  };

  const claim = (options) => {
    hasClaimed = true;
    const claimed = channel;
    world.navigator.locks
      ?.request(NAME, options, (lock) => {
        // The claim of somebody who has left meanwhile.
        if (claimed != channel) return;
        if (!lock) return follow();
        if (!leads) {
          leads = true;
          client.dial();
        }
        return new Promise((resolve) => (release = resolve));
      })
      // It was taken away; or, where storage is forbidden, was never to be had: then this tab is alone, and leads.
      .catch(() => release && follow());
  };

  /** Shows something in this tab, and in those that follow it. */
  const tellAll = (type, data) => {
    if (leads) post(0, type, data);
    show(type, data);
  };

  const trust = () => {
    world.clearTimeout(doubt);
    doubt = 0;
  };

  /** Takes a frame of another tab. */
  const overhear = ({ data: [isRequest, type, data] }) => {
    if (isRequest) {
      if (!release) return;
      post(0, 'pong', {});
      show('>' + type, data);
      if (type == 'message') client.enqueue(data);
      else client.tell(type, data);
      return;
    }
    trust();
    if (!leads) later(ask, LEADER_SPEAKS_WITHIN_MS);
    if (type == '>message') client.enqueue(data);
    else if (!leads || type == 'ended') receive(type, data || {});
  };

  /** @type {import('./client.js').Client & Endurance} */
  const client = Object.assign(base, {
    dial() {
      dial();
      client.heard();
    },

    hangUp() {
      world.clearTimeout(timer);
      hangUp();
    },

    // A connection can die without a word: one that does not answer in time is given up.
    heard: () =>
      later(() => {
        if (client.opened) {
          attempt = 0;
          client.keep();
        }
        ask();
        later(client.lost, ANSWER_WITHIN_MS);
      }, PING_AFTER_MS),

    // Comes back after 2, 4, 8, then 16 seconds, each a fifth more or less, so that a server that restarts is not stormed.
    lost({ code = 0 } = {}) {
      client.hangUp();
      isOver = code >= 4500;
      if (isOver) attempt = 0;
      else later(client.dial, Math.max((2e3 << Math.min(attempt++, 3)) * (0.8 + 0.4 * world.Math.random()), waitMs));
      waitMs = 0;
      tellAll('away', { isOver, attempt });
    },

    // A connection that is lost meanwhile does not shorten it.
    wait(ms = 0) {
      waitMs = ms;
      if (ms) later(client.dial, ms);
    },

    wake() {
      if (!leads) ask();
      else if (client.session && !client.opened && !isOver) client.dial();
    },

    receive(type, data) {
      receive(type, data);
      if (leads) post(0, type, data);
      if (type == 'ready' && !hasClaimed) claim({ ifAvailable: true });
    },

    tell(type, data) {
      if (leads) {
        tell(type, data);
        // The others show what was said and seen here.
        post(0, '>' + type, data);
      } else {
        post(1, type, data);
        doubt ||= world.setTimeout(claim, LEADER_ANSWERS_WITHIN_MS, { steal: true });
      }
    },

    leads: () => leads,

    enter() {
      try {
        channel = new world.BroadcastChannel(NAME);
        channel.onmessage = overhear;
      } catch {}
    },

    leave() {
      client.hangUp();
      trust();
      channel?.close();
      // What was claimed and is given only now is known by it, and given back.
      channel = undefined;
      release?.();
      release = undefined;
      leads = true;
      hasClaimed = false;
    },

    forget(wasTold) {
      if (!wasTold) post(0, 'ended', { by: 'visitor' });
      client.leave();
      client.enter();
      client.outbox = [];
      client.last = 0;
      client.session = undefined;
      try {
        world.localStorage.removeItem(NAME);
      } catch {}
    },
  });
  client.enter();
  if (client.opened) claim({ ifAvailable: true });
  return client;
};
