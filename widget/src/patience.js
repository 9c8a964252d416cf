// What the client does when a connection fails: it notices, waits, and comes back. Pure, as client.js is.

const PING_AFTER_MS = 25e3;
const ANSWER_WITHIN_MS = 1e4;

/**
 * Gives a client patience.
 * @param {import('./client.js').Client} client
 * @param {import('./client.js').World} world
 * @param {(status: {phase: 'waiting' | 'stopped', attempt: number}) => void} show
 */
export const endure = (client, world, show) => {
  let timer;
  let attempt = 0;
  let waitMs = 0;
  let isOver;
  const { close, connect } = client;

  const later = (then, ms) => {
    world.clearTimeout(timer);
    timer = world.setTimeout(then, ms);
  };

  client.connect = () => {
    connect();
    client.heard();
  };

  client.close = () => {
    world.clearTimeout(timer);
    close();
  };

  /** A connection can die without a word: one that does not answer in time is given up. */
  client.heard = () =>
    later(() => {
      if (client.ready) {
        attempt = 0;
        client.keep();
      }
      client.send('ping');
      later(lost, ANSWER_WITHIN_MS);
    }, PING_AFTER_MS);

  /** Comes back after 2, 4, 8, then 16 seconds, each a fifth more or less, so that a server that restarts is not stormed. */
  const lost = ({ code } = {}) => {
    client.close();
    isOver = code >= 4500 && code < 5000;
    if (!isOver) later(client.connect, Math.max((2000 << Math.min(attempt++, 3)) * (0.8 + 0.4 * world.Math.random()), waitMs));
    waitMs = 0;
    show({ phase: isOver ? 'stopped' : 'waiting', attempt });
  };

  return {
    lost,
    /** The server asks not to be tried again before. */
    wait: (ms = 0) => (waitMs = ms),
    /** The network or the page is back: the pause need not run out. */
    wake: () => client.session && !client.ready && !isOver && client.connect(),
  };
};
