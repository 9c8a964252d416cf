// What most bots do: each message becomes one post, as it comes, and the queue of discord.js, with its own settings, sees to Discord's limits.
// A line of standard input is a thread's id, a space and a text.

import { createInterface } from "node:readline";
import { REST, Routes } from "discord.js";

const rest = new REST({ api: process.env.API_URL }).setToken(process.env.BOT_TOKEN);
let failed = 0;

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const space = line.indexOf(" ");
    const body = { content: line.slice(space + 1), allowed_mentions: { parse: [] } };
    rest.post(Routes.channelMessages(line.slice(0, space)), { body }).catch(() => failed++);
  })
  .on("close", () => {
    process.stdout.write(`failed ${failed}\n`);
    process.exit();
  });

process.stdout.write("ready\n");
