// The middle column: the messages of the open channel or thread, and the composer.

import { rest } from "./api.js";
import { $, later } from "./dom.js";
import { messageNodes } from "./messages.js";
import { markSeen, me, place, store } from "./store.js";

const pageSize = 50;

/** @type {any[]} messages of the open room, oldest first */
let messages = [];
let replyTo = null;
let editing = null;
/** @type {Map<string, number>} who types in the open room, and until when */
const typists = new Map();
let typingTimer = 0;
let typedAt = 0;

/** Loads a room from the beginning. */
export async function openRoom(id) {
  store.open = id;
  messages = [];
  typists.clear();
  stopReply();
  stopEdit();
  problem("");
  drawHead();
  drawTyping();
  $("messages").replaceChildren();
  $("older").hidden = true;
  if (!place(id)) return;
  const list = await rest("GET", "/channels/" + id + "/messages?limit=" + pageSize).catch((e) => (problem(e.message), []));
  if (store.open !== id) return;
  // What came while they were asked for may not be among them.
  messages = [...list.reverse(), ...messages.filter((m) => !list.some((x) => x.id === m.id))];
  $("older").hidden = list.length < pageSize;
  redraw();
  toEnd();
  markSeen(id);
}

async function showOlder() {
  const id = store.open;
  const list = await rest("GET", "/channels/" + id + "/messages?limit=" + pageSize + "&before=" + messages[0].id);
  if (store.open !== id) return;
  const box = $("scroller");
  const fromEnd = box.scrollHeight - box.scrollTop;
  messages = [...list.reverse(), ...messages];
  $("older").hidden = list.length < pageSize;
  redraw();
  box.scrollTop = box.scrollHeight - fromEnd;
}

export function drawHead() {
  const c = place(store.open);
  const thread = c?.thread_metadata;
  $("room-name").textContent = c?.name ?? "";
  const state = !thread ? (c?.topic ?? (c?.type === 15 ? "Forum" : "Channel")) : thread.locked ? "Closed thread" : thread.archived ? "Archived thread" : "Thread";
  $("room-about").textContent = c ? state + (thread ? " in #" + (place(c.parent_id)?.name ?? "") : "") : "Choose a conversation";
  $("close-thread").hidden = !thread;
  $("close-thread").textContent = thread?.archived ? "Reopen" : "Close";
  $("close-thread").title = thread?.archived ? "Reopen this thread" : "Archive and lock this thread";
  $("form").hidden = !c || c.type === 15;
  $("hint").hidden = !thread;
  $("composer").placeholder = c ? "Message " + (thread ? c.name : "#" + c.name) : "";
}

const acts = {
  react: (m, emoji, on) => attempt(rest(on ? "PUT" : "DELETE", "/channels/" + m.channel_id + "/messages/" + m.id + "/reactions/" + encodeURIComponent(emoji.id ? emoji.name + ":" + emoji.id : emoji.name) + "/@me")),
  reply(m) {
    stopEdit();
    replyTo = m;
    $("replying").hidden = false;
    $("replying").firstElementChild.textContent = "Replying to " + (m.author.global_name ?? m.author.username);
    $("composer").focus();
  },
  edit(m) {
    stopReply();
    editing = m;
    $("replying").hidden = false;
    $("replying").firstElementChild.textContent = "Editing your message";
    $("composer").value = m.content;
    grow();
    $("composer").focus();
  },
  remove: (m) => attempt(rest("DELETE", "/channels/" + m.channel_id + "/messages/" + m.id)),
};

function stopReply() {
  replyTo = null;
  $("replying").hidden = true;
}

function stopEdit() {
  if (editing) $("composer").value = "";
  editing = null;
  $("replying").hidden = true;
  grow();
}

async function attempt(promise) {
  try {
    problem("");
    return await promise;
  } catch (e) {
    problem(e.message);
    return undefined;
  }
}

function problem(text) {
  $("problem").textContent = text;
  $("hint").hidden = text !== "" || !place(store.open)?.thread_metadata;
}

function redraw() {
  $("messages").replaceChildren(...messages.flatMap((m, i) => messageNodes(m, messages[i - 1], acts)));
}

/** Draws one message anew, and the one after it, whose head may depend on it. */
function redrawAt(i) {
  for (const j of [i, i + 1]) {
    const m = messages[j];
    if (!m) continue;
    const box = $("messages");
    box.querySelector('[data-message-id="' + m.id + '"]')?.remove();
    box.querySelector('[data-day="' + m.id + '"]')?.remove();
    const next = messages[j + 1];
    const before = next ? (box.querySelector('[data-day="' + next.id + '"]') ?? box.querySelector('[data-message-id="' + next.id + '"]')) : null;
    for (const node of messageNodes(m, messages[j - 1], acts)) box.insertBefore(node, before);
  }
}

const atEnd = () => $("scroller").scrollHeight - $("scroller").scrollTop - $("scroller").clientHeight < 80;

function toEnd() {
  $("scroller").scrollTop = $("scroller").scrollHeight;
  wasAtEnd = true;
}

/** Whether the newest message was in sight before something changed its place (a column, a keyboard, a picture). */
let wasAtEnd = true;

/** What a message looks like, apart from its reactions: events hold more of it than answers do. */
const asDrawn = ({ guild_id, member, reactions, ...rest }) => JSON.stringify(rest);

/** A message came, or changed. */
export function heard(m) {
  if (m.channel_id !== store.open) return;
  const end = atEnd();
  const i = messages.findIndex((x) => x.id === m.id);
  if (i >= 0) {
    // An event and an answer tell the same; who points at it would lose it if it were drawn twice.
    if (asDrawn(messages[i]) === asDrawn(m)) return;
    messages[i] = { ...m, reactions: messages[i].reactions };
    redrawAt(i);
  } else {
    messages.push(m);
    messages.sort((a, b) => (later(a.id, b.id) ? 1 : -1));
    redrawAt(messages.indexOf(m));
  }
  typists.delete(m.author.id);
  drawTyping();
  if (end) toEnd();
  if (document.visibilityState === "visible") markSeen(store.open);
}

export function unsaid(channel, ids) {
  if (channel !== store.open) return;
  for (const id of ids) {
    const i = messages.findIndex((m) => m.id === id);
    if (i < 0) continue;
    messages.splice(i, 1);
    $("messages").querySelector('[data-message-id="' + id + '"]')?.remove();
    $("messages").querySelector('[data-day="' + id + '"]')?.remove();
    redrawAt(i);
  }
}

/** A reaction came (by +1) or went (by -1). */
export function reacted(d, by) {
  const i = messages.findIndex((m) => m.id === d.message_id);
  if (d.channel_id !== store.open || i < 0) return;
  const m = messages[i];
  const list = (m.reactions ?? []).map((r) => ({ ...r }));
  let r = list.find((x) => x.emoji.name === d.emoji.name && x.emoji.id === d.emoji.id);
  if (!r) list.push((r = { emoji: d.emoji, count: 0, me: false }));
  r.count += by;
  if (d.user_id === me()) r.me = by > 0;
  messages[i] = { ...m, reactions: list.filter((x) => x.count > 0) };
  redrawAt(i);
}

export function typed(d) {
  if (d.channel_id !== store.open || d.user_id === me()) return;
  typists.set(d.user_id, Date.now() + 10000);
  drawTyping();
}

function drawTyping() {
  clearTimeout(typingTimer);
  const now = Date.now();
  for (const [id, until] of typists) if (until <= now) typists.delete(id);
  const list = [...typists.keys()].map((id) => store.people.get(id)?.name ?? "Somebody");
  $("typing").textContent = list.length === 0 ? "" : list.length < 4 ? list.join(", ") + (list.length === 1 ? " is typing…" : " are typing…") : "Several people are typing…";
  if (typists.size) typingTimer = setTimeout(drawTyping, Math.min(...typists.values()) - now + 50);
}

function grow() {
  const box = $("composer");
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight, 220) + "px";
}

/** The slash commands that the text could mean. */
function candidates() {
  const hit = /^\/([\w-]*)$/.exec($("composer").value.split(" ")[0]);
  return hit ? store.sim.commands.filter((c) => c.name.startsWith(hit[1])) : [];
}

function drawCommands() {
  const list = candidates();
  $("commands").hidden = list.length === 0;
  $("commands").replaceChildren(
    ...list.map((c) => {
      const li = document.createElement("li");
      const b = document.createElement("button");
      b.type = "button";
      b.textContent = "/" + c.name + "  " + c.description;
      b.addEventListener("click", () => {
        $("composer").value = "/" + c.name;
        $("commands").hidden = true;
        $("composer").focus();
      });
      li.append(b);
      return li;
    }),
  );
}

async function send() {
  const box = $("composer");
  const text = box.value.trim();
  const id = store.open;
  if (!text || !id) return;
  let request;
  const command = store.sim.commands.find((c) => text === "/" + c.name || text.startsWith("/" + c.name + " "));
  if (editing) {
    request = rest("PATCH", "/channels/" + id + "/messages/" + editing.id, { content: text });
  } else if (command) {
    const option = command.options?.[0];
    const value = text.slice(command.name.length + 1).trim();
    const options = option && value ? [{ name: option.name, type: option.type, value }] : undefined;
    request = rest("POST", "/interactions", { type: 2, application_id: command.application_id, channel_id: id, data: { id: command.id, name: command.name, type: 1, options } });
  } else {
    request = rest("POST", "/channels/" + id + "/messages", { content: text, message_reference: replyTo ? { message_id: replyTo.id } : undefined });
  }
  const kept = box.value;
  editing = null;
  box.value = "";
  stopReply();
  drawCommands();
  grow();
  typedAt = 0;
  box.focus();
  const answer = await attempt(request);
  if (answer === undefined && !box.value) {
    box.value = kept; // it failed: give the words back
    grow();
  } else if (answer?.id) heard(answer);
  toEnd();
}

/** Wires the composer. */
export function initRoom() {
  $("scroller").addEventListener("scroll", () => (wasAtEnd = atEnd()), { passive: true });
  const keepEnd = new ResizeObserver(() => wasAtEnd && toEnd());
  keepEnd.observe($("scroller"));
  keepEnd.observe($("messages"));
  $("form").addEventListener("submit", (e) => {
    e.preventDefault();
    send();
  });
  $("composer").addEventListener("keydown", (e) => {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      send();
    }
    if (e.key === "Escape") {
      stopReply();
      stopEdit();
    }
    if (e.key === "ArrowUp" && !$("composer").value) {
      const own = messages.filter((m) => m.author.id === me() && m.type === 0).at(-1);
      if (own) {
        e.preventDefault();
        acts.edit(own);
      }
    }
  });
  $("composer").addEventListener("input", () => {
    grow();
    drawCommands();
    // Discord's clients say it again after 8 s; a note or a command is nobody's business.
    if ($("composer").value && !/^\//.test($("composer").value) && !editing && Date.now() - typedAt > 8000) {
      typedAt = Date.now();
      rest("POST", "/channels/" + store.open + "/typing").catch(() => {});
    }
  });
  $("replying").lastElementChild.addEventListener("click", () => {
    stopReply();
    stopEdit();
  });
  $("older").addEventListener("click", () => attempt(showOlder()));
  $("close-thread").addEventListener("click", () => {
    const archived = place(store.open)?.thread_metadata?.archived;
    attempt(rest("PATCH", "/channels/" + store.open, archived ? { archived: false, locked: false } : { archived: true, locked: true }));
  });
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && markSeen(store.open));
  $("messages").addEventListener("click", (e) => {
    const button = e.target.closest("[data-custom-id]");
    const id = button?.closest("[data-message-id]")?.dataset.messageId;
    const m = messages.find((x) => x.id === id);
    if (m) attempt(rest("POST", "/interactions", { type: 3, application_id: m.application_id ?? store.sim.botApplicationId, channel_id: m.channel_id, message_id: m.id, data: { component_type: 2, custom_id: button.dataset.customId } }));
  });
}


