// One conversation: its sockets, which hibernate, and its actor.

import { Actor, Kind, type Open, type Told, words } from "../../border/actor";
import { Reader, type Writer } from "../../border/bytes";
import {
	eventConnClosed,
	eventConnOpened,
	eventFrameReceived,
	eventTurnstileVerified,
	readEffect,
	type Address,
	type Effect,
	type Heard,
	type VerifyTurnstile,
} from "../../border/codec.gen";
import { Op, Status } from "../../border/core";
import { count } from "../../border/counters";
import { call, schemaOf, setupOf } from "../../border/instance";
import { stubOf } from "./actors";
import { checkToken } from "./turnstile";

/** What stays with a socket while the object hibernates: at most 16,384 bytes. */
interface Attachment {
	conn: string;
	/** When a frame last came; pings that the runtime answered are known to it. */
	heard: number;
	/** The core's state of the connection; null where it was too large to keep. */
	state: Uint8Array | null;
}

const utf8 = new TextEncoder();
const restart = 4000; // chat.CloseRestart
/** A frame is noted in the attachment only so often: each note is a copy of the state. */
const noteEvery = 20_000;

export class ChatSession extends Actor<Env> {
	protected override readonly kind = Kind.session;
	/** The open sockets by connection; built when it is asked for. */
	private open: Map<string, WebSocket> | undefined;
	/** When a frame last came in this life of the object; the attachment knows it roughly. */
	private lastFrame = new Map<string, number>();
	/** Of a frame the core is given so many bytes: one more than it reads, which says that it is too big. */
	private readonly mostBytes: number;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		const setup = setupOf(env);
		this.mostBytes = (setup?.frame ?? 0) + 1;
		// The runtime answers exactly this ping, also while the object hibernates.
		if (setup) ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(setup.ping, setup.pong));
	}

	protected override tailsName(): string {
		return "session";
	}

	protected override stubOf(to: Address): Told | undefined {
		return stubOf(this.env, to);
	}

	/** Takes a WebSocket that the Worker judged. Its headers are the Worker's, not the visitor's. */
	override async fetch(request: Request): Promise<Response> {
		count("objectRequests");
		const { 0: client, 1: server } = new WebSocketPair();
		const conn = crypto.randomUUID().slice(0, 18);
		this.ctx.acceptWebSocket(server);
		const first: Attachment = { conn, heard: Date.now(), state: null };
		server.serializeAttachment(first);
		this.sockets().set(conn, server);
		const random = crypto.getRandomValues(new Uint8Array(32));
		const site = request.headers.get("x-site") ?? "";
		const remoteIP = request.headers.get("x-remote-ip") ?? "";
		await this.guarded(server, (w) => eventConnOpened(w, { conn, random, site, remoteIP }));
		const headers = new Headers();
		const selected = request.headers.get("x-subprotocol");
		if (selected) headers.set("Sec-WebSocket-Protocol", selected);
		return new Response(null, { status: 101, webSocket: client, headers });
	}

	override async webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): Promise<void> {
		count("frames");
		const note = attachmentOf(ws);
		if (!note?.state) {
			farewell(ws, restart, "restart");
			return;
		}
		const now = Date.now();
		this.lastFrame.set(note.conn, now);
		if (now - note.heard > noteEvery) {
			note.heard = now;
			ws.serializeAttachment(note);
		}
		const binary = typeof message !== "string";
		const data = beginning(message, this.mostBytes);
		const conn = note.conn;
		await this.guarded(ws, (w) => eventFrameReceived(w, { conn, data, binary }));
	}

	override async webSocketClose(ws: WebSocket, code: number, reason: string, wasClean: boolean): Promise<void> {
		// Always closed from here: without it the client of a hibernating socket waits
		// ten seconds for its goodbye (compatibility date 2026-04-07 does not cover it).
		farewell(ws, code, reason);
		await this.gone(ws, wasClean && code !== 1006);
	}

	override async webSocketError(ws: WebSocket): Promise<void> {
		await this.gone(ws, false);
	}

	private async gone(ws: WebSocket, clean: boolean): Promise<void> {
		const note = attachmentOf(ws);
		if (!note) return;
		const { conn } = note;
		const heard = this.heardAt(ws, note);
		this.sockets().delete(conn);
		this.lastFrame.delete(conn);
		await this.guarded(ws, (w) => eventConnClosed(w, { conn, clean, heard }));
	}

	/** Steps an event of a socket. What fails is said to the visitor, who sends it again, in the words of the core. */
	private async guarded(ws: WebSocket, event: (w: Writer) => void): Promise<void> {
		try {
			await this.step(event);
		} catch (e) {
			console.error({ event: "step", kind: this.kind, trouble: words(e) });
			if (ws.readyState !== WebSocket.OPEN) return;
			const { status, reply } = call(this.env, Op.refused, (w) => {
				w.int(Date.now());
				w.string(words(e));
				event(w);
			});
			if (status === Status.ok) for (const effect of reply.list(() => readEffect(reply))) this.carry(effect);
			if (!attachmentOf(ws)?.state) farewell(ws, restart, "restart");
		}
	}

	private sockets(): Map<string, WebSocket> {
		if (!this.open) {
			this.open = new Map();
			for (const ws of this.ctx.getWebSockets()) {
				const note = attachmentOf(ws);
				if (note && ws.readyState === WebSocket.OPEN) this.open.set(note.conn, ws);
			}
		}
		return this.open;
	}

	protected override connections(): Open[] {
		const out: Open[] = [];
		for (const [conn, ws] of this.sockets()) {
			const state = attachmentOf(ws)?.state;
			if (state) out.push({ conn, state });
		}
		return out;
	}

	protected override heard(): Heard[] {
		return [...this.sockets()]
			.filter(([, ws]) => ws.readyState === WebSocket.OPEN)
			.map(([conn, ws]) => ({ conn, at: this.heardAt(ws, attachmentOf(ws)) }));
	}

	private heardAt(ws: WebSocket, note: Attachment | null): number {
		const pinged = this.ctx.getWebSocketAutoResponseTimestamp(ws)?.getTime() ?? 0;
		return Math.max(pinged, note?.heard ?? 0, this.lastFrame.get(note?.conn ?? "") ?? 0);
	}

	protected override carry(effect: Effect): void {
		switch (effect.kind) {
			case "send": {
				// Held back by the output gate until the rows of this step are durable.
				const ws = this.sockets().get(effect.conn);
				if (ws?.readyState === WebSocket.OPEN) {
					count("sends");
					ws.send(new Reader(effect.data).text());
				}
				break;
			}
			case "close_conn": {
				const ws = this.sockets().get(effect.conn);
				if (ws) farewell(ws, effect.code, schemaOf(this.env).closes[effect.code] ?? "");
				break;
			}
			case "attach": {
				const ws = this.sockets().get(effect.conn);
				// Nothing was heard of it by this: somebody else may have spoken.
				if (ws) attach(ws, { conn: effect.conn, heard: this.heardAt(ws, attachmentOf(ws)), state: effect.state });
				break;
			}
			case "verify_turnstile":
				this.verify(effect);
				break;
			default:
				super.carry(effect);
		}
	}

	private verify(effect: VerifyTurnstile): void {
		const { conn } = effect;
		const checked = this.hold(checkToken(this.env, effect)).then(async (code) => {
			const verified = (w: Writer): void => eventTurnstileVerified(w, { conn, code });
			const ws = this.sockets().get(conn);
			if (ws) await this.guarded(ws, verified);
			else this.stepLater(verified); // the socket is another object's, or gone
		});
		this.ctx.waitUntil(checked);
	}
}

/**
 * As much of a frame as the core may want to see. The runtime brings up to 32 MiB,
 * and what once was in the core's memory takes place there for good. No letter has
 * fewer bytes than UTF-16 units, so that what is cut stays too large.
 */
function beginning(message: string | ArrayBuffer, most: number): Uint8Array {
	if (typeof message === "string") return utf8.encode(message.length > most ? message.slice(0, most) : message);
	return new Uint8Array(message, 0, Math.min(message.byteLength, most));
}

function attachmentOf(ws: WebSocket): Attachment | null {
	return ws.deserializeAttachment() as Attachment | null;
}

function attach(ws: WebSocket, note: Attachment): void {
	try {
		ws.serializeAttachment(note);
	} catch {
		// Past 16,384 bytes: a form of that size was not made by the widget. Should the
		// object hibernate before the form is dealt with, its sender must connect again.
		ws.serializeAttachment({ ...note, state: null });
	}
}

/** Closes a socket with the code that came or goes. 1005 and 1006 stand for none and may not be sent. */
function farewell(ws: WebSocket, code: number, reason: string): void {
	try {
		if (code === 1005 || code === 1006 || code === 1015) ws.close();
		else ws.close(code, reason);
	} catch {
		// It is closed already, or the other side made the code up.
	}
}
