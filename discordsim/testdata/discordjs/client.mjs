// discord.js as anyone would use it, against the stand-in: only its base URL differs. It writes one JSON line for each
// thing that it met, and takes one word a line on standard input.

import { createInterface } from "node:readline";
import { Client, Events, GatewayIntentBits, MessageFlags, Partials, RESTEvents } from "discord.js";

const { API_URL, BOT_TOKEN, SUPPORT_CHANNEL } = process.env;
const say = (at, more = {}) => process.stdout.write(JSON.stringify({ at, ...more }) + "\n");

const client = new Client({
  rest: { api: API_URL },
  partials: [Partials.Message, Partials.Channel, Partials.Reaction],
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildMessageReactions, GatewayIntentBits.GuildMessageTyping, GatewayIntentBits.MessageContent],
});

client.rest.on(RESTEvents.RateLimited, (info) => say("rateLimited", { global: info.global, scope: info.scope, ms: info.timeToReset, method: info.method }));
client.on(Events.Error, (e) => say("error", { message: e.message }));
client.on(Events.ShardDisconnect, (e) => say("disconnect", { code: e.code }));
client.on(Events.ShardReconnecting, () => say("reconnecting"));
client.on(Events.ShardResume, (_, replayed) => say("resumed", { replayed }));
client.on(Events.ShardReady, () => say("shardReady"));
client.on(Events.Invalidated, () => say("invalidated"));

let thread = null;
let own = null;

client.once(Events.ClientReady, async () => {
  const guild = client.guilds.cache.first();
  const commands = await guild.commands.set([{ name: "close", description: "Close this conversation" }]);
  say("ready", {
    user: client.user.username,
    guild: guild.name,
    channel: guild.channels.cache.get(SUPPORT_CHANNEL)?.name,
    commands: commands.size,
    canSend: guild.channels.cache.get(SUPPORT_CHANNEL)?.permissionsFor(guild.members.me).has("SendMessagesInThreads"),
  });
});

client.on(Events.ThreadCreate, (t, fresh) => {
  thread = t;
  say("thread", { id: t.id, name: t.name, fresh, parent: t.parentId });
});
client.on(Events.ThreadUpdate, (before, after) => say("threadUpdate", { archived: after.archived, locked: after.locked, name: after.name }));
client.on(Events.TypingStart, (t) => say("typing", { user: t.user.globalName, channel: t.channel.id }));
client.on(Events.MessageReactionAdd, (r, user) => say("reaction", { emoji: r.emoji.name, user: user.id }));
client.on(Events.MessageDelete, (m) => say("deleted", { id: m.id }));

client.on(Events.MessageCreate, async (m) => {
  say("message", { id: m.id, content: m.content, author: m.author.globalName ?? m.author.username, bot: m.author.bot, channel: m.channelId, nonce: m.nonce ?? null });
  if (m.author.bot || m.content !== "hello bot") return;
  try {
    const typing = m.channel.sendTyping();
    own = await m.reply({ content: "an answer", nonce: "discordjs-1", enforceNonce: true, allowedMentions: { parse: [] } });
    const again = await m.channel.send({ content: "an answer", nonce: "discordjs-1", enforceNonce: true });
    await typing;
    await own.edit("an edited answer");
    await m.react("✅");
    await own.react("👀");
    const history = await m.channel.messages.fetch({ limit: 10 });
    const file = await m.channel.send({ content: "a file", files: [{ attachment: Buffer.from("log line\n"), name: "log.txt" }] });
    const body = await fetch(file.attachments.first().url).then((r) => r.text());
    await m.channel.setLocked(true);
    await m.channel.setLocked(false);
    const active = await m.guild.channels.fetchActiveThreads();
    say("answered", { id: own.id, sameNonce: again.id === own.id, edited: own.editedTimestamp !== null, history: history.size, file: body, active: active.threads.size });
  } catch (e) {
    say("failed", { message: e.message, stack: e.stack });
  }
});

client.on(Events.InteractionCreate, async (i) => {
  if (!i.isChatInputCommand()) return;
  await i.reply({ content: "Closed.", flags: MessageFlags.Ephemeral });
  await i.editReply("Closed for good.");
  await i.channel.setArchived(true);
  say("command", { name: i.commandName, user: i.user.globalName, member: i.member.roles.cache.size, channel: i.channelId });
});

const words = {
  /** More posts than the bucket holds: the library must wait, and all must arrive in order. */
  async burst() {
    const sent = await Promise.all(Array.from({ length: 8 }, (_, n) => thread.send("burst " + n)));
    say("burst", { ids: sent.map((m) => m.id) });
  },
  async send() {
    const m = await thread.send("after the trouble");
    say("sent", { id: m.id });
  },
  async quit() {
    await client.destroy();
    process.exit(0);
  },
};

createInterface({ input: process.stdin }).on("line", (line) => words[line]?.().catch((e) => say("failed", { message: e.message })));
client.login(BOT_TOKEN).catch((e) => {
  say("failed", { message: e.message, code: e.code });
  process.exit(1);
});
