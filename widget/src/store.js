// What is kept in the browser: one record of the conversation, and one key for each unacknowledged message, so that
// tabs cannot overwrite each other's.

const NAME = 'cloudflare-chat';
const OUT = NAME + '.';
const HOUR_MS = 36e5;

/** Storage that is full, forbidden or corrupt is survived: the conversation then lives as long as the page. */
const attempt = (action) => {
  try {
    return action(localStorage);
  } catch {
    return null;
  }
};

export const store = {
  /** @returns {import('./client.js').Session | null} */
  load: () => attempt((storage) => JSON.parse(storage[NAME].replace(/^\d+/, ''))),

  /** A number comes first: until when the eager part takes the conversation up by itself. */
  save: (session) =>
    attempt((storage) => (storage[NAME] = session.at + (session.unread ? 90 * 24 : 1) * HOUR_MS + JSON.stringify(session))),

  /** @returns {import('./client.js').Entry[]} */
  entries: () =>
    attempt((storage) =>
      Object.keys(storage)
        .filter((key) => key.startsWith(OUT))
        .sort()
        .map((key) => JSON.parse(storage[key])),
    ) || [],
  put: (entry) => attempt((storage) => (storage[OUT + entry.id] = JSON.stringify(entry))),
  drop: (id) => attempt((storage) => storage.removeItem(OUT + id)),
};
