// What the border costs: the core's instance when it is cold, and one visitor's
// message when it is warm, beside an empty module and an empty export in the same
// run. Started by run.mjs.

import { readFileSync } from "node:fs";
import { Writer } from "../border/bytes";
import { eventCallDone, eventConnOpened, eventFrameReceived, eventTimerFired, readEffect, type Effect } from "../border/codec.gen";
import { Core, Op, Status } from "../border/core";

const utf8 = new TextEncoder();
// (module (func (export "nothing") (param i32 i32) (result i64) i64.const 0) (memory (export "memory") 1))
const emptyBytes = new Uint8Array([
	0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 126, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 20, 2, 7, 110, 111, 116, 104, 105, 110, 103, 0, 0, 6, 109, 101,
	109, 111, 114, 121, 2, 0, 10, 6, 1, 4, 0, 66, 0, 11,
]);

const settings: Record<string, string> = {
	DISCORD_SUPPORT_CHANNEL_ID: "222222222222222222",
	DISCORD_BOT_TOKEN: "token",
	DATA_SECRET: "0123456789abcdef0123456789abcdef",
	MESSAGES_PER_MINUTE: "1000000",
	NEW_SESSIONS_PER_IP_HOUR: "1000000",
};

function begin(module: WebAssembly.Module): Core {
	const core = new Core(module);
	const w = core.writer.reset();
	w.uint(Object.keys(settings).length);
	for (const [name, value] of Object.entries(settings)) {
		w.string(name);
		w.string(value);
	}
	if (core.call(Op.configure).status !== Status.ok) throw new Error("the core does not take its settings");
	return core;
}

let now = 1_790_000_000_000;

/** One step as border/actor.ts makes it; rows are not kept, so an actor lives in memory alone. */
function step(core: Core, kind: number, key: string, event: (w: Writer) => void): Effect[] {
	for (const restore of [false, true]) {
		const w = core.writer.reset();
		w.byte(kind);
		w.string(key);
		w.string("life");
		w.int(now);
		w.bool(restore);
		if (restore) {
			w.int(0);
			w.uint(0);
			w.uint(0);
		}
		event(w);
		const { status, reply } = core.call(Op.step);
		if (status === Status.ok) return reply.list(() => readEffect(reply));
		if (status !== Status.restore) throw new Error(reply.text());
	}
	throw new Error("the core asks for records again and again");
}

let ids = 1_500_000_000_000_000_000n;

/** Brings effects to the actors that they are for, and answers as Discord would. */
function settle(core: Core, kind: number, key: string, effects: Effect[]): void {
	const queue = effects.map((effect) => ({ kind, key, effect }));
	for (let next = queue.shift(); next; next = queue.shift()) {
		const { effect } = next;
		let to = { kind: next.kind, key: next.key };
		let more: Effect[] = [];
		if (effect.kind === "set_timer") {
			timers.set(`${to.kind} ${to.key}`, { ...to, at: effect.at });
		} else if (effect.kind === "tell") {
			to = effect.to;
			more = step(core, to.kind, to.key, (w) => w.raw(effect.event));
		} else if (effect.kind === "call") {
			ids += 1n << 22n;
			const post = /messages\/(\d+)\/threads$/.exec(effect.request.path)?.[1]; // a thread has the id of its post
			const body = utf8.encode(`{"id":"${post ?? ids}","type":0,"guild_id":"111111111111111111","channel_id":"222222222222222222"}`);
			const header = { limit: "", remaining: "", reset: "", resetAfter: "", bucket: "", global: "", scope: "", retryAfter: "", date: "" };
			more = step(core, to.kind, to.key, (w) => eventCallDone(w, { id: effect.id, status: 200, header, body, failure: 0 }));
		}
		queue.push(...more.map((e) => ({ ...to, effect: e })));
	}
}

const timers = new Map<string, { kind: number; key: string; at: number }>();

/** Lets the time pass, and the timers that are due fire. */
function pass(core: Core, ms: number): void {
	now += ms;
	for (const [name, { kind, key, at }] of [...timers]) {
		if (at === 0 || at > now) continue;
		timers.delete(name);
		settle(core, kind, key, step(core, kind, key, (w) => eventTimerFired(w, { heard: kind === 1 ? [{ conn: "c", at: now }] : [] })));
	}
}

const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1]!;

function cold(bytes: Uint8Array<ArrayBuffer>): void {
	const module = new WebAssembly.Module(bytes);
	const empty = new WebAssembly.Module(emptyBytes);
	const times: Record<string, number[]> = { instance: [], empty: [], first: [] };
	for (let i = 0; i < 15; i++) {
		let t = performance.now();
		const core = begin(module);
		times.instance!.push(performance.now() - t);
		t = performance.now();
		step(core, 1, "route", (w) => eventConnOpened(w, { conn: "c", random: new Uint8Array(32), site: "", remoteIP: "192.0.2.1" }));
		times.first!.push(performance.now() - t);
		t = performance.now();
		new WebAssembly.Instance(empty, {});
		times.empty!.push(performance.now() - t);
	}
	const coldest = (times.instance![0]! + times.first![0]!).toFixed(2);
	console.log(`the very first instance and step of the process: ${coldest} ms`);
	console.log(`instance: ${median(times.instance!).toFixed(2)} ms, first step ${median(times.first!).toFixed(2)} ms; an empty module ${median(times.empty!).toFixed(3)} ms`);
}

function warm(bytes: Uint8Array<ArrayBuffer>): void {
	const core = begin(new WebAssembly.Module(bytes));
	const frame = (text: string) => (w: Writer) => eventFrameReceived(w, { conn: "c", data: utf8.encode(text), binary: false });
	// A conversation each round: rows are not kept, and an actor is rebuilt from them once it weighs much.
	const enter = (route: string, random: Uint8Array): void => {
		const settled = (event: (w: Writer) => void): void => settle(core, 1, route, step(core, 1, route, event));
		settled((w) => eventConnOpened(w, { conn: "c", random, site: "", remoteIP: "192.0.2.1" }));
		settled(frame(JSON.stringify({ type: "init", data: { name: "Ada", email: `${route}@example.com`, page: "/pricing", turnstileToken: "", since: 0 } })));
		// The first message of a conversation is acked once its address was counted.
		settled(frame(JSON.stringify({ type: "message", data: { id: "first", message: "Hello", page: "/" } })));
	};
	const nothing = new WebAssembly.Instance(new WebAssembly.Module(emptyBytes), {}).exports.nothing as (a: number, b: number) => bigint;
	const rounds = 30;
	const each = 400;
	const message: number[] = [];
	const floor: number[] = [];
	let acks = 0;
	for (let round = 0; round < rounds; round++) {
		const route = `route${round}`;
		enter(route, new Uint8Array(32).fill(round));
		let spent = 0;
		for (let i = 0; i < each; i++) {
			pass(core, 7_000);
			const text = JSON.stringify({ type: "message", data: { id: `m${round}-${i}`, message: `Where is my order no. ${round * each + i}, please? It was due on Monday.`, page: "/orders" } });
			const event = frame(text);
			const t = performance.now();
			const effects = step(core, 1, route, event);
			spent += performance.now() - t;
			if (effects.some((e) => e.kind === "send" && new TextDecoder().decode(e.data).includes('"ack"'))) acks++;
			settle(core, 1, route, effects);
		}
		message.push((spent / each) * 1000);
		const t = performance.now();
		let sum = 0n;
		for (let i = 0; i < 100_000; i++) sum += nothing(i, i);
		floor.push(((performance.now() - t) / 100_000) * 1000 + Number(sum));
	}
	if (acks !== rounds * each) throw new Error(`${acks} of ${rounds * each} messages were acked`);
	console.log(`a visitor's message at the border: ${median(message).toFixed(1)} µs; an empty export ${median(floor).toFixed(3)} µs`);
}

const file = process.argv[2]!;
const bytes = new Uint8Array(readFileSync(file));
cold(bytes);
warm(bytes);
