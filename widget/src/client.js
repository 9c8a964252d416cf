// The conversation's client: protocol, outbox, reconnection. It has no DOM, no clock, no network and no randomness of
// its own: all come in by `env`, so that a test runs an hour in a moment. docs/api-reference.md is what it speaks.

/**
 * @typedef {{sessionId: string, route?: string, name?: string, email?: string, at: number, unread?: number}} Session
 *   what is remembered between visits; `at` is the last moment at which the conversation was open
 *
 * @typedef {{id: string, message: string, page: string}} Entry a message that the server has not acknowledged
 *
 * @typedef {object} Env the world, as the client needs it
 * @property {(protocols: string[]) => WebSocket} open
 * @property {(then: () => void, ms: number) => any} after
 * @property {(timer: any) => void} cancel
 * @property {() => number} now
 * @property {() => number} random
 * @property {() => object} hello the fields of `init` that are not remembered
 * @property {() => string} page the path that the visitor is on
 * @property {typeof import('./store.js').store} store
 * @property {(type: string, data: any) => void} show tells the view: frames of the server, `queued` (an entry was
 *   added) and `status` ({phase: connecting | waiting | stopped, code})
 */

const PING_AFTER_MS = 25e3;
const ANSWER_WITHIN_MS = 1e4;

/**
 * Makes a client; it does nothing until `start`.
 * @param {Env} env
 */
export const createClient = (env) => {
  const { store } = env;
  /** @type {WebSocket | undefined} */
  let socket;
  /** Either the pause before the next connection or the watch over this one. */
  let timer;
  /** The entry that waits for its acknowledgement. One at a time keeps the order, whatever is refused. */
  let inFlight;
  let attempt = 0;
  let waitMs;

  const pump = () => {
    const [entry] = client.outbox;
    if (client.ready && entry && entry != inFlight) client.send('message', (inFlight = entry));
  };

  const close = () => {
    env.cancel(timer);
    if (socket) {
      socket.onmessage = socket.onclose = null;
      socket.close();
    }
    socket = client.ready = inFlight = waitMs = undefined;
  };

  /** Comes back after 2, 4, 8, then 16 seconds, each a fifth more or less, so that a server that restarts is not stormed. */
  const lost = (event) => {
    const code = event?.code;
    const pause = Math.max((2000 << Math.min(attempt++, 3)) * (0.8 + 0.4 * env.random()), waitMs || 0);
    const isFinal = code >= 4500 && code < 5000;
    close();
    if (!isFinal) timer = env.after(connect, pause);
    env.show('status', { phase: isFinal ? 'stopped' : 'waiting', code });
  };

  /** A connection can die without a word: one that does not answer in time is given up. */
  const watch = () => {
    env.cancel(timer);
    timer = env.after(() => {
      client.keep();
      client.send('ping');
      timer = env.after(lost, ANSWER_WITHIN_MS);
    }, PING_AFTER_MS);
  };

  const connect = () => {
    close();
    env.show('status', { phase: 'connecting' });
    const { route, sessionId, name, email } = client.session || {};
    socket = env.open(['cloudflare-chat.v1', ...(route ? ['route.' + route] : [])]);
    watch();
    socket.onopen = () =>
      client.send('init', { sessionId, name, email, page: env.page(), since: client.last, ...env.hello() });
    socket.onmessage = (event) => {
      watch();
      let frame;
      try {
        frame = JSON.parse(event.data);
      } catch {
        // Not ours to understand.
      }
      if (frame?.type) client.receive(frame.type, frame.data || {});
    };
    socket.onclose = lost;
  };

  const done = (id) => {
    client.outbox = client.outbox.filter((entry) => entry.id != id);
    store.drop(id);
  };

  const client = {
    /** @type {Session | null} */
    session: store.load(),
    /** @type {Entry[]} */
    outbox: store.entries(),
    /** The newest sequence number that was shown. */
    last: 0,
    /** The server's `ready`, while it holds. */
    ready: undefined,

    start() {
      attempt = 0;
      connect();
    },

    /** Lets go of the connection. */
    close,

    /** The network or the page is back: do not wait for the pause to end. */
    wake() {
      if (timer && !client.ready) connect();
    },

    /** Gives a frame to the server, when there is one to take it. */
    send(type, data) {
      if (socket?.readyState == 1) socket.send(JSON.stringify({ type, data }));
    },

    /** Takes a frame of the server. */
    receive(type, data) {
      if (type == 'ready') {
        if (!data.restored) client.last = 0;
        client.ready = data;
        const { sessionId, route, name, email } = data;
        client.keep({ sessionId, route, name, email });
      } else if (type == 'message') {
        if (data.seq <= client.last) return;
        client.last = data.seq || client.last;
        done(data.id);
      } else if (type == 'ack') {
        client.last = Math.max(client.last, data.seq);
        done(data.id);
        attempt = 0;
      } else if (type == 'error' && !client.ready) {
        // Refused before it began. Where waiting does not help, the form has to be filled in again.
        waitMs = data.retryAfterMs;
        if (!waitMs) close();
      }
      env.show(type, data);
      pump();
    },

    /** Queues what the visitor said, durably where the browser allows it. */
    say(message) {
      // Ids sort by time, so that the entries of several tabs are sent in the order in which they were written.
      const id = env.now().toString(36) + env.random().toString(36).slice(1, 9).replace('.', '-');
      const entry = { id, message, page: env.page() };
      store.put(entry);
      client.outbox.push(entry);
      env.show('queued', entry);
      pump();
    },

    done,
    keep(more) {
      store.save((client.session = { ...client.session, ...more, at: env.now() }));
    },
  };
  return client;
};
