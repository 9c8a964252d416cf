// What a person does in the console, in a real browser. It ends with an exception where something is not as it should be.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import puppeteer from "puppeteer-core";

const { BASE, CHROMIUM, THREAD, OTHER, SHOT } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const PATIENCE_MS = 60_000;
const browser = await puppeteer.launch({ executablePath: CHROMIUM, headless: true, args: ["--no-sandbox"], timeout: PATIENCE_MS });
const page = await browser.newPage();
const complaints = [];
page.on("pageerror", (e) => complaints.push(e.message));
page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));

const texts = () => page.$$eval("#messages .message .content", (list) => list.map((x) => x.textContent));
const text = (selector) => page.$eval(selector, (x) => x.textContent);
const until = (what, f, ...args) => page.waitForFunction(f, {}, ...args).catch(() => assert.fail("it did not come: " + what));
const entry = (id) => `[data-thread-id="${id}"]`;

async function accessible(where) {
  await page.evaluate(axe); // by the debugger: the page's own policy forbids foreign scripts
  const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  assert.deepEqual(violations.map((v) => where + ": " + v.id + " " + v.nodes.map((n) => n.target + " " + n.failureSummary).join("; ")), []);
}

try {
  page.setDefaultTimeout(PATIENCE_MS);
  await page.setViewport({ width: 1280, height: 800 });
  await page.goto(BASE + "/");
  await page.waitForSelector("#live.on");

  console.log("unread threads are bold, the newest first");
  await page.waitForSelector(entry(OTHER) + ".unread");
  const order = await page.$$eval("#threads [data-thread-id]", (list) => list.map((x) => x.dataset.threadId));
  assert.deepEqual(order, [OTHER, THREAD]);

  console.log("a thread opens, and is read");
  await page.click(entry(THREAD));
  await page.waitForSelector("#messages [data-message-id]");
  assert.equal(await page.$(entry(THREAD) + ".unread"), null);
  assert.ok(page.url().endsWith("/#/threads/" + THREAD));

  console.log("markup is shown as Discord shows it, and never run");
  await until("the visitor's text", () => document.querySelector("#messages .content strong")?.textContent === "bold");
  assert.equal(await page.$("#messages img"), null);
  assert.ok((await texts()).some((t) => t.includes("<img src=x onerror=alert(1)>")));

  console.log("an answer is sent");
  await page.type("#composer", "An answer *now*");
  await page.click("#send");
  await until("the answer", () => document.querySelector("#messages .message:last-child .content em")?.textContent === "now");
  assert.equal(await page.$eval("#composer", (x) => x.value), "");

  console.log("it is edited, gets a reaction, and a reply");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type(" again");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#messages .edited");
  await page.hover("#messages .message:last-child");
  await page.click("#messages .message:last-child .tools button");
  await page.waitForSelector("#messages .reaction.mine");
  await page.hover("#messages .message:last-child");
  await page.click('#messages .message:last-child .tools [aria-label="Reply"]');
  await page.keyboard.type("a reply");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#messages .reference");

  console.log("somebody else types and writes");
  const asGrace = (path, body) => page.evaluate((p, b) => fetch("/api/v10" + p, { method: "POST", headers: { Authorization: "User Grace%20Hopper", "Content-Type": "application/json" }, body: b }).then((r) => r.status), path, body);
  await asGrace("/channels/" + THREAD + "/typing");
  await until("typing", () => document.querySelector("#typing").textContent === "Grace Hopper is typing…");
  await asGrace("/channels/" + THREAD + "/messages", '{"content":"from Grace"}');
  await until("the words", () => document.querySelector("#messages .message:last-child .content")?.textContent === "from Grace" && document.querySelector("#typing").textContent === "");

  console.log("a word elsewhere makes its thread unread and the first");
  await asGrace("/channels/" + OTHER + "/messages", '{"content":"elsewhere"}');
  await until("unread", (id) => document.querySelector("#threads [data-thread-id]").dataset.threadId === id && document.querySelector("#threads [data-thread-id]").classList.contains("unread"), OTHER);

  console.log("somebody new speaks");
  page.once("dialog", (d) => d.accept("Katherine Johnson"));
  await page.select("#speaker", "");
  await until("the new name", () => document.querySelector("#speaker").value === "Katherine Johnson");
  await page.type("#composer", "my first word");
  await page.keyboard.press("Enter");
  await until("her word", () => document.querySelector("#messages .message:last-child .who strong")?.textContent === "Katherine Johnson");
  await accessible("wide");

  console.log("faults are switched, limits are shown");
  await page.click("#show-drawer");
  await page.waitForSelector("#buckets .gauge");
  await page.click('[data-kind="limit-global"]');
  await until("the switch", () => fetch("/sim/faults").then((r) => r.json()).then((l) => l.length === 1 && l[0].kind === "limit-global"));
  await until("the lightning", () => document.querySelector("#show-drawer").classList.contains("stormy"));
  await accessible("drawer");
  await page.click('[data-kind="limit-global"]');
  await until("healed", () => fetch("/sim/faults").then((r) => r.json()).then((l) => l.length === 0));
  await page.click("#show-drawer");

  console.log("the thread is closed, and reopened");
  await page.click("#close-thread");
  await until("closed", () => document.querySelector("#close-thread").textContent === "Reopen");
  await page.waitForSelector("#archived " + entry(THREAD));
  await page.click("#close-thread");
  await page.waitForSelector("#threads " + entry(THREAD));

  console.log("a deep link works, on a phone, in the dark");
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
  await page.setViewport({ width: 360, height: 720 });
  await page.goto(BASE + "/channels/" + THREAD);
  await until("the conversation", () => document.querySelectorAll("#messages .message").length > 4);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await accessible("phone");
  await page.click("#back");
  await until("the list", () => document.querySelector("#threads").checkVisibility());
  await accessible("phone, list");

  assert.deepEqual(complaints, []);
  console.log("done");
} catch (e) {
  if (SHOT) await page.screenshot({ path: SHOT });
  throw e;
} finally {
  await browser.close();
}
