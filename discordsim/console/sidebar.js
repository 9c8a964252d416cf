// The left column (channels and threads) and the right one (people).

import { $, ago, avatar, el, icon, timeOf } from "./dom.js";
import { store, threadList, unread } from "./store.js";

/** Draws channels and threads. Entries keep their element, so that focus and scrolling stay. */
export function drawList() {
  const channels = [...store.channels.values()].filter((c) => c.type === 0 || c.type === 15).sort((a, b) => (a.id === store.sim.channelId ? -1 : b.id === store.sim.channelId ? 1 : a.position - b.position));
  fill($("channels"), channels, (c) => ({ "data-channel-id": c.id, href: "/channels/" + c.id }), "hash");
  const active = threadList(false);
  fill($("threads"), active, (t) => ({ "data-thread-id": t.id, href: "/#/threads/" + t.id }), "thread");
  $("thread-count").textContent = active.length ? String(active.length) : "";
  const archived = threadList(true);
  fill($("archived"), archived, (t) => ({ "data-thread-id": t.id, href: "/#/threads/" + t.id }), "thread");
  $("no-threads").hidden = active.length + archived.length > 0;
  $("archived-box").hidden = archived.length === 0;
  $("archived-count").textContent = String(archived.length);
  const waiting = active.filter(unread).length;
  document.title = (waiting ? "(" + waiting + ") " : "") + store.sim.guildName + " · Console";
}

function fill(box, list, attributes, symbol) {
  const old = new Map([...box.children].map((li) => [li.dataset.key, li]));
  let before = box.firstElementChild;
  for (const c of list) {
    let li = old.get(c.id);
    if (!li) {
      const a = el("a", { class: "entry", ...attributes(c) }, icon(symbol), el("span", { class: "name" }, el("bdi"), el("bdi", { class: "sub" })), el("span", { class: "when" }), el("span", { class: "dot" }));
      li = el("li", {}, a);
      li.dataset.key = c.id;
    }
    old.delete(c.id);
    const a = li.firstElementChild;
    const isUnread = unread(c);
    a.classList.toggle("unread", isUnread);
    set(a, "aria-current", c.id === store.open ? "page" : null);
    const [, name, when, dot] = a.children;
    set(a, "title", c.name);
    const [first, second] = symbol === "thread" ? nameLines(c.name) : [c.name, ""];
    text(name.firstElementChild, first);
    text(name.lastElementChild, second);
    text(when, symbol === "thread" ? ago(timeOf(c.last_message_id ?? c.id)) : "");
    text(dot, isUnread ? "unread" : "");
    if (li === before) before = before.nextElementSibling;
    else box.insertBefore(li, before);
  }
  for (const li of old.values()) li.remove();
}

/** "Support: Vera - vera@example.com" in two lines, without what all have in common; other names in one. */
function nameLines(name) {
  const plain = name.replace(/^Support: /, "");
  const at = plain.lastIndexOf(" - ");
  return at > 0 ? [plain.slice(0, at), plain.slice(at + 3)] : [plain, ""];
}

/** Writes only what changed: a list of a thousand threads is drawn at each message. */
function text(node, value) {
  if (node.textContent !== value) node.textContent = value;
}

function set(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function drawPeople() {
  const groups = { Support: [], Members: [], Bots: [] };
  for (const p of store.people.values()) groups[p.bot ? "Bots" : p.agent ? "Support" : "Members"].push(p);
  const box = $("people-list");
  box.replaceChildren();
  for (const [title, list] of Object.entries(groups)) {
    if (!list.length) continue;
    box.append(
      el("h3", { text: title }, el("span", { class: "count", text: " " + list.length })),
      el(
        "ul",
        { class: "entries" },
        ...list.map((p) =>
          el(
            "li",
            { class: "person " + p.status, "data-user-id": p.id },
            avatar(p.id, p.name, p.bot),
            el("span", { class: "name", text: p.name }),
            el("span", { class: "quiet", text: p.status === "offline" ? "offline" : "" }),
          ),
        ),
      ),
    );
  }
}

export function drawSpeakers() {
  const select = $("speaker");
  const list = [...store.people.values()].filter((p) => !p.bot);
  select.replaceChildren(...list.map((p) => el("option", { value: p.name, text: p.name, selected: p.name === store.speaker })), el("option", { value: "", text: "Somebody new…" }));
}
