// One connection a browser. The tab that holds the lock leads: it has the connection, and gives the others every frame.
// The others follow: what they send goes through it. A leader that does not answer (a frozen tab) loses the lock to
// whoever asked. A frame that comes twice is harmless, so whoever begins to follow keeps its connection a little longer.

const NAME = 'cloudflare-chat';
const ANSWER_WITHIN_MS = 3e3;
const OVERLAP_MS = 2e3;

/**
 * @param {import('./client.js').Client} client
 * @param {import('./client.js').World & {BroadcastChannel: typeof BroadcastChannel, navigator: Navigator}} world
 * @param {(type: string, data: any) => void} show gives a frame to this tab's view
 */
export const shareTabs = (client, world, show) => {
  let channel;
  const { receive, send } = client;
  let leads = true;
  let doubt;
  let release;

  const post = (...message) => channel?.postMessage(message);

  const queue = (entry) => {
    if (client.outbox.some(({ id }) => id == entry.id)) return;
    client.outbox.push(entry);
    show('queued', entry);
  };

  const follow = () => {
    const { ready } = client;
    leads = false;
    world.setTimeout(() => {
      if (leads) return;
      client.close();
      client.ready = ready;
    }, OVERLAP_MS);
    hold({});
  };

  const hold = (options) =>
    world.navigator.locks
      ?.request(NAME, options, (lock) => {
        if (!lock) return follow();
        if (!leads) {
          leads = true;
          client.connect();
        }
        return new Promise((resolve) => (release = resolve));
      })
      // It was taken away, or, where storage is forbidden, was never to be had: then this tab is alone, and leads.
      .catch(() => release && follow());

  client.receive = (type, data) => {
    receive(type, data);
    if (leads) post(0, type, data);
  };

  client.send = (type, data) => {
    if (leads) {
      send(type, data);
      if (type == 'message') post(0, 'queued', data);
      if (type == 'seen') post(0, type, data);
    } else {
      post(1, type, data);
      doubt ||= world.setTimeout(hold, ANSWER_WITHIN_MS, { steal: true });
    }
  };

  const take = ({ data: [isRequest, type, data] }) => {
    world.clearTimeout(doubt);
    doubt = 0;
    if (isRequest) {
      if (!leads) return;
      post(0, 'pong', {});
      if (type == 'seen') show(type, data);
      if (type != 'message') return client.send(type, data);
      queue(data);
      client.pump();
    } else if (!leads || type == 'ended') (type == 'queued' ? queue : (entry) => receive(type, entry))(data);
  };

  const tabs = {
    /** Gives a frame to the other tabs. */
    tell: (type, data) => post(0, type, data),
    enter() {
      try {
        channel = new world.BroadcastChannel(NAME);
        channel.onmessage = take;
      } catch {}
      hold({ ifAvailable: true });
    },
    /** Gives the lead away, and hears no more. */
    leave() {
      channel?.close();
      release?.();
    },
  };
  tabs.enter();
  return tabs;
};
