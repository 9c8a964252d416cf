// The console: loads what there is, listens to what happens, and lets a person answer.

import { listen, rest, sim, speakAs } from "./api.js";
import { $ } from "./dom.js";
import { initDrawer, showDrawer } from "./drawer.js";
import { drawHead, heard, initRoom, openRoom, reacted, typed, unsaid } from "./room.js";
import { drawList, drawPeople, drawSpeakers } from "./sidebar.js";
import { markSeen, place, save, store, upsert } from "./store.js";

/** The room that the address names: /#/threads/ID or /channels/ID. */
function addressed() {
  const hit = /^#\/(?:threads|channels)\/(\d+)$/.exec(location.hash) ?? /^\/channels\/(?:\d+\/)?(\d+)$/.exec(location.pathname);
  return hit ? hit[1] : "";
}

async function load() {
  store.sim = await sim("GET", "/state");
  store.people = new Map(store.sim.people.map((p) => [p.id, p]));
  const people = store.sim.people.filter((p) => !p.bot);
  if (!people.some((p) => p.name === store.speaker)) store.speaker = (people.find((p) => p.agent && p.name !== "Server Owner") ?? people[0]).name;
  speakAs(store.speaker);
  const guild = "/guilds/" + store.sim.guildId;
  const [channels, active, roles] = await Promise.all([rest("GET", guild + "/channels"), rest("GET", guild + "/threads/active"), rest("GET", guild + "/roles")]);
  store.channels = new Map(channels.map((c) => [c.id, c]));
  store.threads = new Map(active.threads.map((t) => [t.id, t]));
  store.roles = new Map(roles.map((r) => [r.id, r.name]));
  if (store.sim.channelId !== "0") {
    const archived = await rest("GET", "/channels/" + store.sim.channelId + "/threads/archived/public?limit=100");
    for (const t of archived.threads) upsert(t);
    const own = await rest("GET", "/channels/" + store.sim.channelId + "/threads/archived/private?limit=100").catch(() => null);
    for (const t of own?.threads ?? []) upsert(t);
  }
  $("guild").textContent = store.sim.guildName;
  drawAll();
  await go();
}

function drawAll() {
  drawList();
  drawPeople();
  drawSpeakers();
  drawHead();
}

/** Opens the addressed room; on a wide screen, the support channel where none is. */
async function go() {
  const id = addressed();
  document.body.dataset.pane = id ? "room" : "list";
  // Where only one column fits, nothing is open (and nothing is seen) behind the list.
  const narrow = matchMedia("(max-width: 699px)").matches;
  await openRoom(id || (narrow ? "" : store.sim.channelId));
  drawList();
}

let drawing = 0;

/** Draws the list soon: many events in one moment are one drawing. */
function listSoon() {
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    drawList();
    drawHead();
  });
}

function message(m, isNew) {
  const c = place(m.channel_id);
  if (isNew && c) {
    c.last_message_id = m.id;
    if (m.author.id === [...store.people.values()].find((p) => p.name === store.speaker)?.id) {
      store.seen[c.id] = m.id; // what one says oneself is not news
    }
  }
  heard(m);
  if (m.channel_id === store.open && document.visibilityState === "visible") markSeen(store.open);
  listSoon();
}

function thread(t) {
  upsert(t);
  listSoon();
}

function gone(c) {
  store.threads.delete(c.id);
  store.channels.delete(c.id);
  if (store.open === c.id) location.hash = "";
  listSoon();
}

function person(m) {
  store.people.set(m.user.id, { id: m.user.id, name: m.nick ?? m.user.global_name ?? m.user.username, bot: !!m.user.bot, agent: m.roles.includes(store.sim.roleId), status: store.people.get(m.user.id)?.status ?? "online" });
  drawPeople();
  drawSpeakers();
}

const handlers = {
  MESSAGE_CREATE: (m) => message(m, true),
  MESSAGE_UPDATE: (m) => message(m, false),
  MESSAGE_DELETE: (d) => unsaid(d.channel_id, [d.id]),
  MESSAGE_DELETE_BULK: (d) => unsaid(d.channel_id, d.ids),
  MESSAGE_REACTION_ADD: (d) => reacted(d, 1),
  MESSAGE_REACTION_REMOVE: (d) => reacted(d, -1),
  EPHEMERAL_CREATE: (d) => d.user_id === [...store.people.values()].find((p) => p.name === store.speaker)?.id && heard(d.message),
  TYPING_START: typed,
  THREAD_CREATE: thread,
  THREAD_UPDATE: thread,
  THREAD_DELETE: gone,
  CHANNEL_CREATE: thread,
  CHANNEL_UPDATE: thread,
  CHANNEL_DELETE: gone,
  GUILD_MEMBER_ADD: person,
  GUILD_MEMBER_UPDATE: person,
  PRESENCE_UPDATE(p) {
    const known = store.people.get(p.user.id);
    if (known) known.status = p.status;
    drawPeople();
  },
};

function live(word, on) {
  $("live").textContent = word;
  $("live").classList.toggle("on", on);
}

function toggle(name, on) {
  // Where there is room for one of them, one shows.
  const other = name === "drawer" ? "people" : "drawer";
  if (on && document.body.classList.contains("with-" + other) && matchMedia("(max-width: 1399px)").matches) toggle(other, false);
  $("show-" + name).setAttribute("aria-pressed", String(on));
  document.body.classList.toggle("with-" + name, on);
  if (name === "drawer") showDrawer(on);
  save(name, on ? "1" : "");
}

async function chooseSpeaker() {
  let name = $("speaker").value;
  if (!name) name = (prompt("Who speaks? An unknown name joins the support team.") ?? "").trim().slice(0, 32);
  if (name) {
    store.speaker = name;
    save("speaker", name);
    speakAs(name);
    await rest("GET", "/users/@me"); // an unknown name becomes a member by asking
  }
  drawSpeakers();
  await openRoom(store.open);
}

initRoom();
initDrawer();
for (const name of ["people", "drawer"]) {
  $("show-" + name).addEventListener("click", () => toggle(name, !document.body.classList.contains("with-" + name)));
}
for (const button of document.querySelectorAll("[data-hide]")) button.addEventListener("click", () => toggle(button.dataset.hide, false));
$("back").addEventListener("click", () => {
  history.pushState(null, "", "/");
  go();
});
$("speaker").addEventListener("change", chooseSpeaker);
document.addEventListener("click", (e) => {
  const a = e.target.closest("a[href^='/channels/'], a[href^='/#/']");
  if (!a || e.metaKey || e.ctrlKey || e.shiftKey) return;
  e.preventDefault();
  history.pushState(null, "", a.getAttribute("href"));
  go().then(() => matchMedia("(min-width: 700px)").matches && $("composer").focus());
});
addEventListener("popstate", () => store.sim && go());
addEventListener("hashchange", () => store.sim && go());
setInterval(() => store.sim && listSoon(), 30000); // "5 min" grows older
if (matchMedia("(min-width: 1100px)").matches) toggle("people", true);

/** What happens while the state is being loaded waits for it: null where nothing needs to. */
let early = [];
const inTurn = (handle) => (data) => (early ? early.push(() => handle(data)) : handle(data));

async function begin() {
  early ??= [];
  try {
    await load();
    for (const hear of early) hear();
    early = null;
    live("live", true);
  } catch {
    live("not loaded", false);
  }
}

listen(
  Object.fromEntries(Object.entries(handlers).map(([name, handle]) => [name, inTurn(handle)])),
  begin,
  () => live("reconnecting", false),
);
