// The conversation's client: protocol and outbox. It has no DOM, and takes clock, chance, storage and network from the
// `world` it is given (a browser's window), so that a test runs an hour in a moment. What it does when a connection
// fails is in patience.js. docs/api-reference.md is what it speaks.

/**
 * @typedef {Pick<Window, 'setTimeout' | 'clearTimeout' | 'location' | 'localStorage'> & {Date: DateConstructor,
 *   Math: Math, WebSocket: typeof WebSocket}} World
 * @typedef {{id: string, message: string, page: string}} Entry a message that the server has not acknowledged
 * @typedef {object} State
 * @property {any} [session] what is remembered between visits: the fields of `ready`, and `at`, the last moment at which
 *   it was open
 * @property {object} [hello] further fields of `init`
 * @property {any} [ready] the server's `ready`, while it holds
 *
 * @typedef {State & ReturnType<typeof createClient>} Client
 */

const STORED = 'cloudflare-chat';
const HOUR_MS = 36e5;
const KEPT_UNREAD_HOURS = 2160;
/** The stored record begins with a time in milliseconds: until when the eager part takes it up by itself. */
const DIGITS = 13;

/**
 * Makes a client; it does nothing until `connect`.
 * @param {World} world
 * @param {() => string} address where the server listens
 * @param {(type: string, data: any) => void} show tells the view: every frame of the server, `queued` (an entry was
 *   added) and `lost` (the connection, with the close event)
 */
export const createClient = (world, address, show) => {
  /** @type {WebSocket} */
  let socket;
  /** The entry that waits for its acknowledgement. One at a time keeps the order, whatever is refused. */
  let inFlight;

  const client = {
    /** @type {Entry[]} */
    outbox: [],
    /** The newest sequence number that was shown. */
    last: 0,
    /** Set by patience.js: something was heard, so the connection lives. */
    heard() {},

    connect() {
      client.close();
      const { route, sessionId, name, email } = client.session || {};
      socket = new world.WebSocket(address(), ['cloudflare-chat.v1', ...(route ? ['route.' + route] : [])]);
      socket.onopen = () =>
        client.send('init', { sessionId, name, email, page: world.location.pathname, since: client.last, ...client.hello });
      socket.onmessage = (event) => {
        client.heard();
        const { type, data } = JSON.parse(event.data);
        client.receive(type, data || {});
      };
      socket.onclose = (event) => show('lost', event);
    },

    /** Lets go of the connection. */
    close() {
      if (socket) {
        socket.onmessage = socket.onclose = null;
        socket.close();
      }
      client.ready = inFlight = 0;
    },

    /** Gives a frame to the server, when there is one to take it. */
    send(type, data) {
      if (socket?.readyState == 1) socket.send(JSON.stringify({ type, data }));
    },

    /** Takes a frame of the server. */
    receive(type, data) {
      const { seq, id } = data;
      if (type == 'ready') {
        if (!data.restored) client.last = 0;
        client.keep((client.ready = data));
      }
      if (seq && (type == 'message' || type == 'ack')) {
        if (type == 'message' && seq <= client.last) return;
        client.last = Math.max(client.last, seq);
        client.done(id);
      }
      show(type, data);
      client.pump();
    },

    /** Queues what the visitor said, durably where the browser allows it. */
    say(message) {
      // Ids sort by time, so that the entries of several tabs are sent in the order in which they were written.
      const id = world.Date.now() + '-' + world.Math.random().toString(36).slice(2);
      const entry = { id, message, page: world.location.pathname };
      client.outbox.push(entry);
      client.keep();
      show('queued', entry);
      client.pump();
    },

    /** Sends the next entry; or, told so, the same once more. */
    pump(again) {
      const [entry] = client.outbox;
      if (client.ready && entry && (again || entry != inFlight)) client.send('message', (inFlight = entry));
    },

    /** Takes an entry out of the queue. */
    done(id) {
      client.outbox = client.outbox.filter((entry) => entry.id != id);
      client.keep();
    },

    /** Remembers. Storage that is full or forbidden is survived: the conversation then lives as long as the page. */
    keep(fields) {
      const { outbox } = client;
      const session = (client.session = { ...client.session, ...fields, outbox, at: world.Date.now() });
      try {
        const until = session.at + HOUR_MS * (session.unread ? KEPT_UNREAD_HOURS : 1);
        world.localStorage[STORED] = until + JSON.stringify(session);
      } catch {}
    },
  };

  try {
    const session = JSON.parse(world.localStorage[STORED].slice(DIGITS));
    client.outbox = [...session.outbox];
    client.session = session;
  } catch {
    // Nothing is stored, or nothing that can be read.
  }
  return client;
};
