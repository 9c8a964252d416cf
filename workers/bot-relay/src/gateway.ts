// The object that holds the connection to Discord's Gateway. Its socket goes out,
// and an object with such a socket never hibernates: it is evicted instead when
// nothing comes in. So an alarm comes every 30 seconds, and a cron behind it.
// https://developers.cloudflare.com/durable-objects/best-practices/websockets/

import { Actor, Kind, type Told, words } from "../../border/actor";
import {
	eventPoke,
	eventPosted,
	eventSocketClosed,
	eventSocketFrame,
	eventSocketOpened,
	eventTimerFired,
	writeState,
	type Effect,
	type Post,
	type SocketDial,
	type State,
} from "../../border/codec.gen";
import { Op } from "../../border/core";
import { count } from "../../border/counters";
import { callDiscord } from "../../border/discord";
import { type Answer, call, readAnswer, setupOf } from "../../border/instance";

const watch = 30_000;
const dialPatience = 20_000;
const postPatience = 20_000;
// answerBytes of an answer to POST /relay are enough to know it.
const answerBytes = 4096;
const utf8 = new TextEncoder();

export class DiscordGateway extends Actor<Env> {
	protected override readonly kind = Kind.gateway;
	private socket: { conn: number; ws: WebSocket | undefined } | undefined;
	private timer: ReturnType<typeof setTimeout> | undefined;
	private state: State | undefined;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		// A fired alarm is consumed: a reset before its handler set the next one leaves
		// none at all.
		void ctx.blockConcurrencyWhile(() => this.setAlarm(Date.now() + watch));
	}

	protected override tailsName(): string {
		return "gateway";
	}

	/** It tells no object anything: what it has to say goes through POST /relay. */
	protected override stubOf(): Told | undefined {
		return undefined;
	}

	/** The Worker that takes what happens in Discord. */
	protected main(): { fetch(request: Request): Promise<Response> } {
		return this.env.MAIN;
	}

	override async alarm(): Promise<void> {
		count("alarms");
		await this.setAlarm(Date.now() + watch); // first: see the constructor
		await this.poke();
	}

	override async poke(): Promise<void> {
		this.stepLater(eventPokeNow);
	}

	protected override carry(effect: Effect): void {
		switch (effect.kind) {
			case "socket_dial":
				this.ctx.waitUntil(this.dial(effect));
				break;
			case "socket_send":
				if (this.socket?.conn === effect.conn) this.socket.ws?.send(effect.data.slice());
				break;
			case "socket_close":
				if (this.socket?.conn === effect.conn) this.hangUp(effect.code);
				break;
			case "post":
				this.ctx.waitUntil(this.post(effect));
				break;
			case "call": {
				const setup = setupOf(this.env);
				if (setup) this.ctx.waitUntil(callDiscord(setup, effect.id, effect.request).then((done) => this.stepLater(done)));
				break;
			}
			case "state":
				this.state = effect;
				console.log({ event: "gateway", state: effect.name, reason: effect.reason, fatal: effect.fatal, trouble: effect.trouble });
				break;
			default:
				super.carry(effect);
		}
	}

	/** Heartbeats are timers: an alarm may be a minute late, and the socket is gone with the memory anyway. */
	protected override setTimer(at: number): void {
		clearTimeout(this.timer ?? null);
		this.timer = undefined;
		if (at === 0) return;
		this.timer = setTimeout(() => this.stepLater((w) => eventTimerFired(w, { heard: [] })), Math.max(at - Date.now(), 0));
	}

	private hangUp(code: number): void {
		const ws = this.socket?.ws;
		this.socket = undefined;
		try {
			ws?.close(code);
		} catch {
			// It was closed already.
		}
	}

	private async dial({ conn, url }: SocketDial): Promise<void> {
		this.hangUp(1000);
		const socket: { conn: number; ws: WebSocket | undefined } = { conn, ws: undefined };
		this.socket = socket;
		const gone = (code: number, status: number): void => {
			if (this.socket !== socket) return; // nobody waits for it any more
			this.socket = undefined;
			this.stepLater((w) => eventSocketClosed(w, { conn, code, status }));
		};
		let ws: WebSocket | null;
		let status = 0;
		try {
			// By fetch, since new WebSocket() can send no User-Agent. It wants https, not
			// wss.
			const answer = await fetch(url.replace(/^ws/, "http"), {
				headers: { Upgrade: "websocket", "User-Agent": setupOf(this.env)?.agent ?? "" },
				signal: AbortSignal.timeout(dialPatience),
			});
			ws = answer.webSocket;
			status = answer.status;
		} catch {
			ws = null;
		}
		if (!ws) {
			gone(0, status);
			return;
		}
		ws.binaryType = "arraybuffer";
		ws.accept();
		if (this.socket !== socket) {
			ws.close(1000);
			return;
		}
		socket.ws = ws;
		ws.addEventListener("message", ({ data }) => {
			if (this.socket !== socket) return;
			count("frames");
			const bytes = typeof data === "string" ? utf8.encode(data) : new Uint8Array(data as ArrayBuffer);
			this.stepLater((w) => eventSocketFrame(w, { conn, data: bytes }));
		});
		ws.addEventListener("close", ({ code }) => gone(code === 1005 || code === 1006 ? 0 : code, 0));
		ws.addEventListener("error", () => gone(0, 0));
		this.stepLater((w) => eventSocketOpened(w, { conn }));
	}

	private async post({ id, body }: Post): Promise<void> {
		let status = 0;
		let said = new Uint8Array();
		try {
			count("fetches");
			const answer = await this.main().fetch(
				new Request("https://main/relay", {
					method: "POST",
					headers: { Authorization: `Bearer ${this.env.BOT_RELAY_SECRET ?? ""}`, "Content-Type": "application/json" },
					body,
					signal: AbortSignal.timeout(postPatience),
				}),
			);
			// To its end, so that nothing is left open; its beginning is what matters.
			said = new Uint8Array(await answer.arrayBuffer()).slice(0, answerBytes);
			status = answer.status;
		} catch (e) {
			console.warn({ event: "relay", trouble: words(e) });
		}
		this.stepLater((w) => eventPosted(w, { id, status, answer: said }));
	}

	/** The answer to GET /health, and a push to begin where nothing began yet. */
	async health(version: string): Promise<Answer> {
		if (!this.state) await this.poke();
		const { state } = this;
		const { reply } = call(this.env, Op.relayHealth, (w) => {
			w.string(version);
			w.bool(state !== undefined);
			if (state) writeState(w, state);
		});
		return readAnswer(reply);
	}
}

const eventPokeNow = (w: Parameters<typeof eventPoke>[0]): void => eventPoke(w, {});
