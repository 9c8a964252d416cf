// The one instance of the core that all objects of an isolate share.

import type { Reader, Writer } from "./bytes";
import { Core, Op, Status } from "./core";
import module from "./core.wasm";
import { count } from "./counters";

/** What edge.setup tells. */
export interface Setup {
	discord: string;
	agent: string;
	authorization: string;
	turnstile: string;
	ping: string;
	pong: string;
	header: string[];
	/** How many bytes of a frame the core reads. */
	frame: number;
}

/** One table, as edge.schema tells it. */
export interface Table {
	name: string;
	kinds: string;
	create: string;
	/** Adds a column that a table of an earlier release has not, by its name. */
	later: Record<string, string>;
	put: string;
	delete: string;
	range: string;
}

export interface Schema {
	tables: Table[];
	/** records.FindSQL. */
	find: string;
	tails: Record<string, { table: number; limit: number }[]>;
	closes: Record<string, string>;
}

/** The headers of an answer that is not the core's: it puts them on its own too. */
export const bare = {
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
};

/** What edge.answer tells: a plain HTTP answer. */
export interface Answer {
	status: number;
	headers: { name: string; value: string }[];
	body: Uint8Array;
}

// At global scope, so that a cold start costs none of a handler's CPU time. The
// clock shows 0 and there is no randomness here; neither matters, see core.ts.
let core: Core | undefined = new Core(module);
let ready = false;
let setup: Setup | undefined;
let schema: Schema | undefined;

/** What a Worker cannot do without; wrangler.jsonc names it. */
const bindings = { chat: ["CHAT_SESSION", "REGISTRY", "DISCORD_EGRESS", "CONNECTIONS"], relay: ["DISCORD_GATEWAY", "MAIN"] };

/** The settings: every binding that is text. The core picks what it knows, and says which binding is missing. */
function configure(core: Core, env: object): void {
	const w = core.writer.reset();
	const settings = Object.entries(env).filter((e): e is [string, string] => typeof e[1] === "string");
	const wanted = settings.some(([name, value]) => name === "WORKER" && value === "relay") ? bindings.relay : bindings.chat;
	settings.push(["MISSING_BINDINGS", wanted.filter((name) => !(name in env)).join(", ")]);
	w.uint(settings.length);
	for (const [name, value] of settings) {
		w.string(name);
		w.string(value);
	}
	const { status, reply } = core.call(Op.configure);
	if (status === Status.ok) {
		const [discord, agent, authorization, turnstile, ping, pong] = Array.from({ length: 6 }, () => reply.string()) as
			[string, string, string, string, string, string];
		setup = { discord, agent, authorization, turnstile, ping, pong, header: reply.list(() => reply.string()), frame: reply.uint() };
		for (const notice of reply.list(() => reply.string())) console.warn({ event: "settings", notice });
	} else {
		// The sentence names a setting and never its value. The core gives it at
		// /health too, and refuses visitors in words.
		console.error({ event: "settings", trouble: reply.text() });
	}
	ready = true;
}

/**
 * Carries out one operation. An exception is the end of the instance: its memory
 * may be in any state. The next call makes a new one, and actors are rebuilt.
 */
export function call(env: object, op: number, write: (w: Writer) => void): { status: number; reply: Reader } {
	try {
		core ??= new Core(module);
		if (!ready) configure(core, env);
		write(core.writer.reset());
		count("calls");
		return core.call(op);
	} catch (e) {
		core = undefined;
		ready = false;
		count("traps");
		console.error({ event: "trap", op, trouble: e instanceof Error ? e.name : "unknown" });
		throw new Error("the core broke off", { cause: e });
	}
}

/** How much memory the core takes. */
export function coreBytes(): number {
	return core?.bytes ?? 0;
}

/** What the host must know; undefined where the settings are wrong. */
export function setupOf(env: object): Setup | undefined {
	if (!ready) call(env, Op.schema, () => {});
	return setup;
}

export function schemaOf(env: object): Schema {
	schema ??= JSON.parse(call(env, Op.schema, () => {}).reply.text()) as Schema;
	return schema;
}

/** What is deployed: the release that scripts/deploy.sh tells Cloudflare, else Cloudflare's own number of it. */
export function versionOf(of: WorkerVersionMetadata | undefined): string {
	return of?.tag || `deployment ${of?.id.slice(0, 8) || "unknown"}`;
}

export function readAnswer(r: Reader): Answer {
	const status = r.uint();
	const flat = r.list(() => r.string());
	const headers: Answer["headers"] = [];
	for (let i = 0; i + 1 < flat.length; i += 2) headers.push({ name: flat[i]!, value: flat[i + 1]! });
	return { status, headers, body: r.bytes() };
}

export function toResponse(a: Answer, method = "GET"): Response {
	return new Response(method === "HEAD" ? null : a.body, { status: a.status, headers: a.headers.map((h): [string, string] => [h.name, h.value]) });
}

