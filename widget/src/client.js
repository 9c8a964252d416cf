// The conversation's client: protocol and outbox. It has no DOM, and takes clock, chance, storage and network from the
// `world` it is given (a browser's window), so that a test runs an hour in a moment. What it does when a connection
// fails, and beside other tabs, is in endure.js. docs/api-reference.md is what it speaks.

/**
 * @typedef {Pick<Window, 'setTimeout' | 'clearTimeout' | 'location' | 'localStorage' | 'navigator'> & {Date: DateConstructor,
 *   Math: Math, WebSocket: typeof WebSocket, BroadcastChannel: typeof BroadcastChannel}} World
 * @typedef {{id: string, message: string, page: string}} Entry a message that the server has not acknowledged
 *
 * @typedef {object} Client
 * @property {Entry[]} outbox
 * @property {number} last the newest sequence number that was shown
 * @property {any} [session] what is remembered between visits: the fields of `ready`, and `at`, the last moment at which
 *   it was open
 * @property {any} [hello] further fields of `init`
 * @property {any} [opened] the server's `ready`, while it holds
 * @property {() => void} heard something was heard, so the connection lives
 * @property {() => void} dial connects
 * @property {() => void} hangUp lets go of the connection
 * @property {(type: string, data?: any) => void} tell gives a frame to the server, when there is one to take it
 * @property {(type: string, data: any) => void} receive takes a frame of the server
 * @property {(message: string) => void} say queues what the visitor said
 * @property {(entry: Entry) => void} enqueue queues what was said, here or in another tab
 * @property {(again?: boolean) => void} pump sends the next entry; or, told so, the same once more
 * @property {(id: string) => void} done takes an entry out of the queue
 * @property {(fields?: object) => void} keep remembers
 * @property {() => void} recall reads what is remembered
 */

const NAME = 'cloudflare-chat';
const HOUR_MS = 36e5;
const KEPT_UNREAD_HOURS = 2160;
/** The stored record begins with a time in milliseconds: until when the eager part takes it up by itself. */
const DIGITS = 13;

/**
 * Makes a client; it does nothing until `dial`.
 * @param {string} address where the server listens
 * @param {(type: string, data: any) => void} show tells the view: every frame of the server, `queued` (an entry was
 *   added) and `lost` (the connection, with the close event)
 * @param {World} [world]
 * @returns {Client}
 */
export const createClient = (address, show, world = window) => {
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {Entry | undefined} The entry that waits for its acknowledgement. One at a time keeps the order, whatever is refused. */
  let inFlight;

  /** @type {Client} */
  const client = {
    outbox: [],
    last: 0,
    heard() {},

    dial() {
      client.hangUp();
      const { route, sessionId, name, email } = client.session || {};
      socket = new world.WebSocket(address, ['cloudflare-chat.v1', ...(route ? ['route.' + route] : [])]);
      socket.onopen = () =>
        client.tell('init', { sessionId, name, email, page: world.location.pathname, since: client.last, ...client.hello });
      socket.onmessage = (event) => {
        client.heard();
        const { type, data = {} } = JSON.parse(event.data);
        client.receive(type, data);
      };
      socket.onclose = (event) => show('lost', event);
    },

    hangUp() {
      if (socket) {
        socket.onmessage = socket.onclose = null;
        socket.close();
      }
      client.opened = inFlight = undefined;
    },

    tell(type, data) {
      if (socket?.readyState == 1) socket.send(JSON.stringify({ type, data }));
    },

    receive(type, data) {
      const { seq, id } = data;
      if (type == 'ready') {
        // What follows begins anew: another conversation, or one that is not as far as what is shown.
        if (!data.restored || data.gap) client.last = 0;
        client.keep((client.opened = data));
      }
      if (seq && (type == 'message' || type == 'ack')) {
        if (type == 'message' && seq <= client.last) return;
        client.last = Math.max(client.last, seq);
        client.done(id);
      }
      show(type, data);
      client.pump();
    },

    say(message) {
      // Ids sort by time, so that the entries of several tabs are sent in the order in which they were written.
      const id = world.Date.now() + '-' + (world.Math.random() + '').slice(2);
      client.enqueue({ id, message, page: world.location.pathname });
    },

    enqueue(entry) {
      if (client.outbox.some(({ id }) => id == entry.id)) return;
      client.outbox.push(entry);
      client.keep({ draft: '' });
      show('queued', entry);
      client.pump();
    },

    pump(again) {
      const [entry] = client.outbox;
      if (client.opened && entry && (again || entry != inFlight)) client.tell('message', (inFlight = entry));
    },

    done(id) {
      client.outbox = client.outbox.filter((entry) => entry.id != id);
      client.keep();
    },

    // Storage that is full or forbidden is survived: the conversation then lives as long as the page.
    keep(fields) {
      const { outbox } = client;
      const session = (client.session = { ...client.session, ...fields, outbox, at: world.Date.now() });
      try {
        world.localStorage[NAME] = session.at + HOUR_MS * (session.unread ? KEPT_UNREAD_HOURS : 1) + JSON.stringify(session);
      } catch {}
    },

    recall() {
      try {
        const session = JSON.parse(world.localStorage[NAME].slice(DIGITS));
        client.outbox = [...session.outbox];
        client.session = session;
      } catch {
        // Nothing is stored, or nothing that can be read.
      }
    },
  };
  return client;
};
