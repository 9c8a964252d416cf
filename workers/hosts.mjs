// Both Workers on this machine, on Cloudflare's own runtime and from their real
// wrangler.jsonc, as often as a test wants them. One process holds them all, since
// loading Cloudflare's tools takes longer than starting a runtime.
//
//	node workers/hosts.mjs    says "ready URL", and at that URL:
//
//	POST /start         {listen, data, settings} starts a chat and its relay, and
//	                    answers {origin}. GATEWAY=off leaves the relay away,
//	                    ONE=on takes the Worker that is both, WITHOUT=NAME
//	                    leaves a rate limit's binding away.
//	POST /bare          {data} starts bench/bare.js, an object that does nothing but
//	                    store and answer, and answers {origin}
//	POST /kill?ORIGIN   ends both at once, as a power cut does
//	POST /cut?ORIGIN    ends the chat's runtime so, and starts it again on its storage
//	POST /deaf?ORIGIN   does that to the relay's
//	GET /log?ORIGIN     what both have logged
//	GET /relay?ORIGIN   where the relay's own Worker listens
//
// The bundles are made by scripts/build-workers.sh.

import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { unstable_getMiniflareWorkerOptions as optionsOf } from "wrangler";

const here = dirname(fileURLToPath(import.meta.url));

/** A Worker as it is configured and bundled. */
function worker(folder) {
	const out = join(here, ".test", folder);
	const modules = [{ type: "ESModule", path: join(out, "index.js") }];
	for (const f of readdirSync(out)) if (f.endsWith(".wasm")) modules.push({ type: "CompiledWasm", path: join(out, f) });
	return { ...optionsOf(join(here, folder, "wrangler.jsonc")).workerOptions, name: folder, modules, modulesRoot: out };
}
// What a deployment must be given; without a word here wrangler misses them.
Object.assign(process.env, { DISCORD_BOT_TOKEN: "x", DATA_SECRET: "x", BOT_RELAY_SECRET: "x" });
const workers = { chat: worker("main-worker"), relay: worker("bot-relay"), one: worker("button") };

class Host {
	log = "";

	constructor({ listen, data, settings }) {
		[this.address, this.port] = listen.split(":");
		this.data = data;
		this.settings = { DATA_SECRET: "0123456789abcdef0123456789abcdef", BOT_RELAY_SECRET: "of-both-workers-of-a-test", ...settings };
	}

	run(name, port, more) {
		const of = workers[name];
		const own = "WORKER" in of.bindings ? { WORKER: of.bindings.WORKER } : {};
		return new Miniflare(
			convertV4MiniflareOptions({
				host: this.address,
				port: Number(port),
				resourcePersistencePath: join(this.data, name),
				handleStructuredLogs: ({ message }) => (this.log += `${message}\n`),
				workers: [{ ...this.without(of), ...more, bindings: { ...of.bindings, ...this.settings, ...own } }],
			}),
		);
	}

	/** WITHOUT names a binding that is to be missing. */
	without(of) {
		if (!this.settings.WITHOUT) return of;
		const { [this.settings.WITHOUT]: _, ...ratelimits } = of.ratelimits;
		return { ...of, ratelimits };
	}

	async startChat() {
		this.chat = this.run(this.settings.ONE ? "one" : "chat", this.port);
		this.port = (await this.chat.ready).port; // what comes back after a power cut is where it was
		this.origin = `http://${this.address}:${this.port}`;
	}

	// A power cut of one Worker leaves the other's, so they are two runtimes, and the
	// binding leads from one to the other.
	async startRelay() {
		const MAIN = async (request) =>
			fetch(`${this.origin}/relay`, { method: "POST", headers: request.headers, body: await request.text() }).catch(() => new Response("", { status: 500 }));
		this.relay = this.run("relay", 0, { serviceBindings: { MAIN } });
		await cron(this.relay);
	}

	async start() {
		await this.startChat();
		if (this.settings.ONE) await cron(this.chat);
		else if (this.settings.GATEWAY !== "off") await this.startRelay();
	}

	// Disposing of a runtime is a SIGKILL to it.
	async kill() {
		await Promise.all([this.chat.dispose(), this.relay?.dispose()]);
	}

	async cut() {
		await this.chat.dispose();
		await this.startChat();
		if (this.settings.ONE) await cron(this.chat);
	}

	async deaf() {
		await this.relay.dispose();
		await this.startRelay();
	}
}

/** The object beside which bench/edge measures the chat: the same runtime, dates and storage. */
class Bare {
	constructor({ data }) {
		this.data = data;
	}

	async start() {
		const { compatibilityDate, compatibilityFlags } = workers.chat;
		const runtime = new Miniflare(
			convertV4MiniflareOptions({
				host: "127.0.0.1",
				port: 0,
				resourcePersistencePath: join(this.data, "bare"),
				workers: [
					{
						name: "bare",
						modules: [{ type: "ESModule", path: join(here, "bench", "bare.js") }],
						modulesRoot: join(here, "bench"),
						compatibilityDate,
						compatibilityFlags,
						durableObjects: { BARE: { className: "Bare", useSQLite: true } },
					},
				],
			}),
		);
		this.runtime = runtime;
		this.origin = (await runtime.ready).origin;
	}

	async kill() {
		await this.runtime.dispose();
	}
}

// Nobody else runs crons here.
async function cron(runtime) {
	await (await runtime.getWorker()).scheduled({ cron: "* * * * *" }).catch(() => {});
}
const hosts = new Map();
setInterval(() => {
	for (const h of hosts.values()) for (const r of [h.chat, h.relay]) if (r) cron(r).catch(() => {});
}, 60_000);

async function answer(request) {
	const url = new URL(request.url, "http://hosts");
	let body = "";
	for await (const part of request) body += part;
	if (url.pathname === "/bare") {
		const host = new Bare(JSON.parse(body));
		await host.start();
		hosts.set(host.origin, host);
		return { origin: host.origin };
	}
	if (url.pathname === "/start") {
		const host = new Host(JSON.parse(body));
		await host.start();
		hosts.set(host.origin, host);
		return { origin: host.origin };
	}
	const origin = url.search.slice(1);
	const host = hosts.get(origin);
	if (!host) throw new Error(`there is no host at ${origin}`);
	switch (url.pathname) {
		case "/log":
			return { log: host.log };
		case "/relay":
			return { relay: (await host.relay.ready).origin };
		case "/kill":
			hosts.delete(origin);
			await host.kill();
			return {};
		case "/cut":
			await host.cut();
			return {};
		case "/deaf":
			await host.deaf();
			return {};
	}
	throw new Error(`nothing is known of ${url.pathname}`);
}

const server = createServer((request, response) => {
	// A connection that is kept may be closed just when the next request comes.
	response.setHeader("Connection", "close");
	answer(request).then(
		(a) => response.end(JSON.stringify(a)),
		(e) => response.writeHead(500).end(String(e?.stack ?? e)),
	);
});
server.requestTimeout = 0;
server.listen(0, "127.0.0.1", () => process.stdout.write(`ready http://127.0.0.1:${server.address().port}\n`));

async function end() {
	await Promise.allSettled([...hosts.values()].map((h) => h.kill()));
	process.exit();
}
process.on("SIGTERM", end);
process.on("SIGINT", end);
