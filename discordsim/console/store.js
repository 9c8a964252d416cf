// What the console knows. Views read it and draw themselves anew when told.

import { later } from "./dom.js";

export const store = {
  /** @type {any} the answer of /sim/state */
  sim: null,
  /** @type {Map<string, any>} channels without threads */
  channels: new Map(),
  /** @type {Map<string, any>} threads, archived ones too */
  threads: new Map(),
  /** @type {Map<string, {id: string, name: string, bot: boolean, agent: boolean, status: string}>} */
  people: new Map(),
  /** @type {Map<string, string>} role names by id */
  roles: new Map(),
  /** the open channel or thread; "" for none */
  open: "",
  speaker: load("speaker", ""),
  /** @type {Record<string, string>} the newest message that was seen, by channel */
  seen: JSON.parse(load("seen", "{}")),
};

function load(key, fallback) {
  try {
    return localStorage.getItem("discordsim-" + key) ?? fallback;
  } catch {
    return fallback; // storage may be forbidden; the console works without
  }
}

export function save(key, value) {
  try {
    localStorage.setItem("discordsim-" + key, value);
  } catch {
    // See load.
  }
}

/** The channel or thread of an id. */
export const place = (id) => store.threads.get(id) ?? store.channels.get(id);

/** The user id of who speaks. */
export function me() {
  for (const p of store.people.values()) if (p.name === store.speaker) return p.id;
  return "";
}

export const names = {
  user: (id) => store.people.get(id)?.name ?? "unknown-user",
  role: (id) => store.roles.get(id) ?? "unknown-role",
  channel: (id) => place(id)?.name ?? "unknown",
};

/** Is there something in it that was not seen? */
export const unread = (c) => c.id !== store.open && later(c.last_message_id, store.seen[c.id]);

/** Notes that everything in a channel was seen. */
export function markSeen(id) {
  const c = place(id);
  if (!c || !c.last_message_id || !later(c.last_message_id, store.seen[id])) return;
  store.seen[id] = c.last_message_id;
  const ids = Object.keys(store.seen);
  // The browser is not asked to remember every thread that ever was.
  if (ids.length > 500) for (const old of ids.sort((a, b) => (later(a, b) ? 1 : -1)).slice(0, 100)) delete store.seen[old];
  save("seen", JSON.stringify(store.seen));
}

/** Threads in the order of the list: the newest word first. */
export function threadList(archived) {
  return [...store.threads.values()]
    .filter((t) => t.thread_metadata.archived === archived)
    .sort((a, b) => (later(a.last_message_id ?? a.id, b.last_message_id ?? b.id) ? -1 : 1));
}

/** A channel or thread as an event or an answer gives it; keeps what the event leaves out. */
export function upsert(c) {
  const isThread = c.thread_metadata !== undefined;
  const map = isThread ? store.threads : store.channels;
  const old = map.get(c.id);
  const merged = { ...old, ...c };
  if (old && later(old.last_message_id, merged.last_message_id)) merged.last_message_id = old.last_message_id;
  map.set(c.id, merged);
}
