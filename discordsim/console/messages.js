// One message as it looks in the room.

import { avatar, clockOf, dayOf, el, icon, timeOf } from "./dom.js";
import { render } from "./markdown.js";
import { me, names, store } from "./store.js";

const suppressEmbeds = 1 << 2;
const ephemeral = 1 << 6;
const loading = 1 << 7;

const nameOf = (author) => store.people.get(author.id)?.name ?? author.global_name ?? author.username;

/** Does this message stand under the same head as the one before it? */
function follows(m, before) {
  return before && before.author.id === m.author.id && before.type === 0 && m.type === 0 && before.author.username === m.author.username && timeOf(m.id) - timeOf(before.id) < 7 * 60000 && sameDay(m, before);
}

const sameDay = (a, b) => timeOf(a.id).toDateString() === timeOf(b.id).toDateString();

/**
 * The nodes of a message: a day's line where a day begins, then the message.
 * @param {any} m @param {any} before the message before it, if any
 * @param {{react: Function, reply: Function, edit: Function, remove: Function}} acts
 */
export function messageNodes(m, before, acts) {
  const nodes = [];
  const at = timeOf(m.id);
  if (!before || !sameDay(m, before)) nodes.push(el("li", { class: "day", "data-day": m.id }, el("span", { text: dayOf(at) })));
  nodes.push(m.type === 0 || m.type === 19 || m.type === 20 ? spoken(m, before, at, acts) : said(m, at));
  return nodes;
}

/** One of Discord's own lines. */
function said(m, at) {
  const who = el("strong", { text: nameOf(m.author) });
  const li = el("li", { class: "system", "data-message-id": m.id });
  const time = el("time", { datetime: at.toISOString(), text: clockOf(at) });
  switch (m.type) {
    case 4:
      li.append(who, " renamed the thread to ", el("strong", { text: m.content }), time);
      break;
    case 6:
      li.append(who, " pinned a message", time);
      break;
    case 18:
      li.append(who, " started a thread: ", el("a", { href: "/#/threads/" + (m.message_reference?.channel_id ?? ""), text: m.content }), time);
      break;
    case 21:
      if (m.referenced_message) {
        li.append("Began with: ");
        const body = el("blockquote");
        body.append(render(m.referenced_message.content, names));
        li.append(body);
      } else li.append("The message that began this thread is gone.");
      break;
    default:
      li.append(who, " (system message " + m.type + ") ", m.content, time);
  }
  return li;
}

function spoken(m, before, at, acts) {
  const grouped = follows(m, before) && !m.interaction_metadata;
  const note = m.content.startsWith("//");
  const li = el("li", { class: "message" + (grouped ? " grouped" : "") + (note ? " note" : "") + (m.flags & ephemeral ? " whisper" : ""), "data-message-id": m.id });
  const name = nameOf(m.author);
  const time = el("time", { datetime: at.toISOString(), title: at.toLocaleString(), text: clockOf(at) });
  if (m.type === 19) {
    const ref = m.referenced_message;
    li.append(el("p", { class: "reference" }, icon("reply"), el("strong", { text: ref ? nameOf(ref.author) : "" }), " ", ref ? ref.content.slice(0, 120) : "The message is gone."));
  } else if (m.interaction_metadata) {
    li.append(el("p", { class: "reference" }, icon("reply"), el("strong", { text: nameOf(m.interaction_metadata.user) }), " used a command"));
  }
  const body = el("div", { class: "body" });
  if (grouped) li.append(time);
  else {
    li.append(avatar(m.author.id, name, m.author.bot));
    body.append(el("p", { class: "who" }, el("strong", { text: name }), m.author.bot && el("span", { class: "tag", text: m.webhook_id && !m.application_id ? "webhook" : "bot" }), time));
  }
  const content = el("div", { class: "content" });
  content.append(m.flags & loading ? "thinking…" : render(m.content, names));
  if (m.edited_timestamp) content.append(el("span", { class: "edited", title: new Date(m.edited_timestamp).toLocaleString(), text: " (edited)" }));
  body.append(content);
  for (const snapshot of m.message_snapshots ?? []) {
    const box = el("blockquote", {}, el("p", { class: "quiet", text: "Forwarded" }));
    box.append(render(snapshot.message.content, names));
    body.append(box);
  }
  if (!(m.flags & suppressEmbeds)) for (const embed of m.embeds) body.append(embedNode(embed));
  for (const file of m.attachments) body.append(fileNode(file));
  const rows = buttons(m);
  if (rows.childElementCount) body.append(rows);
  if (m.flags & ephemeral) body.append(el("p", { class: "quiet", text: "Only you can see this." }));
  if (m.thread) body.append(el("a", { class: "thread-link", href: "/#/threads/" + m.thread.id }, icon("thread"), el("bdi", { text: m.thread.name })));
  if (m.reactions?.length) body.append(reactionsNode(m, acts));
  li.append(body);
  if (!(m.flags & ephemeral)) li.append(tools(m, acts));
  return li;
}

function embedNode(embed) {
  const box = el("div", { class: "embed" });
  if (embed.author?.name) box.append(el("p", { class: "quiet", text: embed.author.name }));
  if (embed.title) box.append(el("p", {}, el("strong", { text: embed.title })));
  if (embed.description) {
    const text = el("div");
    text.append(render(embed.description, names));
    box.append(text);
  }
  for (const field of embed.fields ?? []) {
    const value = el("div");
    value.append(render(field.value, names));
    box.append(el("p", {}, el("strong", { text: field.name })), value);
  }
  if (embed.footer?.text) box.append(el("p", { class: "quiet", text: embed.footer.text }));
  return box;
}

function fileNode(file) {
  const path = new URL(file.url, location.href).pathname;
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.content_type ?? "")) {
    return el("img", { class: "picture", src: path, alt: file.description ?? file.filename, loading: "lazy" });
  }
  return el("a", { class: "file", href: path, download: file.filename }, icon("file"), file.filename, el("span", { class: "quiet", text: " " + size(file.size) }));
}

const size = (bytes) => (bytes < 1024 ? bytes + " B" : bytes < 1 << 20 ? Math.round(bytes / 1024) + " KB" : (bytes / (1 << 20)).toFixed(1) + " MB");

/** Buttons of a message; they only look like buttons where they lead nowhere. */
function buttons(m) {
  const box = el("div", { class: "components" });
  const walk = (list) => {
    for (const c of list ?? []) {
      if (c.type === 2) box.append(c.url ? el("a", { class: "plain", href: c.url, target: "_blank", rel: "noopener noreferrer", text: c.label ?? c.url }) : el("button", { class: "plain", type: "button", "data-custom-id": c.custom_id, disabled: c.disabled, text: c.label ?? "…" }));
      else if (c.type === 10) {
        const text = el("div");
        text.append(render(c.content, names));
        box.append(text);
      } else walk(c.components);
    }
  };
  walk(m.components);
  return box;
}

function reactionsNode(m, acts) {
  return el(
    "div",
    { class: "reactions" },
    ...m.reactions.map((r) => {
      const mine = r.users?.includes(me()) ?? r.me;
      return el("button", { class: mine ? "reaction mine" : "reaction", type: "button", "aria-pressed": mine, "aria-label": r.emoji.name + ", " + r.count, onclick: () => acts.react(m, r.emoji, !mine) }, el("span", { text: r.emoji.name }), " " + r.count);
    }),
  );
}

const quick = ["✅", "👀", "👍", "❤️"];

function tools(m, acts) {
  const button = (label, symbol, act) => el("button", { class: "icon small", type: "button", "aria-label": label, title: label, onclick: act }, icon(symbol));
  return el(
    "div",
    { class: "tools", role: "group", "aria-label": "Do something with this message" },
    ...quick.map((name) => el("button", { class: "icon small", type: "button", "aria-label": "React with " + name, text: name, onclick: () => acts.react(m, { id: null, name }, true) })),
    button("Reply", "reply", () => acts.reply(m)),
    m.author.id === me() && button("Edit", "edit", () => acts.edit(m)),
    button("Delete", "trash", () => acts.remove(m)),
  );
}
