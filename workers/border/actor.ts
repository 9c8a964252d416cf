// An actor of the core in a Durable Object. It decides nothing: it brings events
// to the core and carries out what comes back.

import { DurableObject } from "cloudflare:workers";
import type { Reader, Writer } from "./bytes";
import { eventConnsHeard, eventHistoryLoaded, eventMessagesFound, eventTimerFired, frontFrame, frontSend, readEffect, threadNews, writeRow, type Address, type Effect, type Heard, type Row } from "./codec.gen";
import { Op, Status } from "./core";
import { count, spent } from "./counters";
import { call, schemaOf } from "./instance";
import { Rows } from "./rows";

/** A ticket and the chat.Status that answers it. */
export interface Answered {
	ticket: string;
	status: number;
}

/** The numbers of chat.ActorKind. */
export const Kind = { session: 1, registry: 2, desk: 3, gateway: 4 } as const;

/** An object that can be told something. */
export interface Told {
	tell(event: Uint8Array, spent?: number[]): Promise<Answered[]>;
	/** Gives all rows of some tables, newest first. */
	rowsOf(tables: number[]): Promise<Row[]>;
}

/** The bindings that every actor needs. */
export interface ActorEnv {
	ANALYTICS?: AnalyticsEngineDataset;
}

/** A connection that is open, and the state that the core attached to it. */
export interface Open {
	conn: string;
	state: Uint8Array;
}

const messageTable = 2; // records.TableMessage
const mostTries = 3; // of an event that breaks its actor
const allRows = 2 ** 28; // records.KeyBits
/** The console's words for chat.NoteGrade. */
const grades = ["debug", "info", "warn"] as const;
const mostTells = 6; // tries to reach another object

const timerFired = (heard: Heard[]) => (w: Writer) => eventTimerFired(w, { heard });

export abstract class Actor<E extends ActorEnv> extends DurableObject<E> {
	protected abstract readonly kind: number;
	/** The name of the tails in edge.schema. */
	protected abstract tailsName(): string;
	/** Whom an address means; undefined where it is not of this Worker. */
	protected abstract stubOf(to: Address): Told | undefined;

	/** Names this life of the object. The core never uses an actor of another one: its memory may be ahead of this disk. */
	private readonly life = crypto.randomUUID();
	protected readonly key: string;
	protected readonly rows: Rows;
	/** How much is under way that keeps the object awake, and since when. */
	private held = 0;
	private heldSince = 0;
	/** When the alarm is set for; 0 is never. */
	private alarmAt = 0;
	/** Events for this very actor that came of its own effects. */
	private queue: ((w: Writer) => void)[] = [];
	/** The stubs in use. Calls through one stub arrive in order. */
	private stubs = new Map<string, { stub: Told; uses: number }>();

	constructor(ctx: DurableObjectState, env: E) {
		super(ctx, env);
		count("builds");
		// The name is there since 2026-03-15, in alarms too.
		this.key = ctx.id.name ?? "";
		this.rows = new Rows(ctx.storage, schemaOf(env));
		void ctx.blockConcurrencyWhile(async () => {
			this.alarmAt = (await ctx.storage.getAlarm()) ?? 0;
		});
	}

	/** The connections that are open. */
	protected connections(): Open[] {
		return [];
	}

	/** When each connection was last heard of. */
	protected heard(): Heard[] {
		return [];
	}

	/** Work that keeps the object awake, and is billed. */
	protected hold<T>(work: Promise<T>): Promise<T> {
		if (this.held++ === 0) this.heldSince = Date.now();
		return work.finally(() => {
			if (--this.held === 0) count("awakeMs", Date.now() - this.heldSince);
		});
	}

	/** An event from another actor. The answers are those to the tickets that it brought. */
	async tell(event: Uint8Array): Promise<Answered[]> {
		count("objectRequests");
		return this.step((w) => w.raw(event));
	}

	/** For the owner, who may see what is kept. The rows are newer than no step: each is written with its step. */
	async rowsOf(tables: number[]): Promise<Row[]> {
		count("objectRequests");
		return tables.flatMap((number) => this.rows.range(number, 0, allRows));
	}

	/** Lets the actor look after its unfinished work: a cron's business, for alarms do get lost. */
	async poke(): Promise<void> {
		count("objectRequests");
		await this.step(timerFired(this.heard()));
	}

	override async alarm(): Promise<void> {
		count("alarms");
		count("objectRequests");
		this.alarmAt = 0; // a fired alarm is consumed
		try {
			await this.step(timerFired(this.heard()));
		} catch (e) {
			// A throw would be retried six times and then given up for good.
			// https://developers.cloudflare.com/durable-objects/api/alarms/
			console.error({ event: "alarm", kind: this.kind, trouble: words(e) });
			if (this.alarmAt === 0) await this.setAlarm(Date.now() + 60_000);
		}
	}

	/**
	 * Steps the actor and carries out what comes back. Nothing awaits before the
	 * effects are carried out, so that no other event comes between. The rows are
	 * written first; whatever is sent after them the runtime holds back until they
	 * are durable (output gates), and never lets out when they cannot be.
	 * https://developers.cloudflare.com/durable-objects/reference/in-memory-state/
	 */
	protected step(event: (w: Writer) => void): Promise<Answered[]> {
		count("awakeMs"); // the clock stands still meanwhile
		const answers: Answered[] = [];
		const waits: Promise<Answered[]>[] = [];
		this.queue.push(event);
		// An effect may ask for a further event; it is stepped by the outermost call.
		for (let next = this.queue[0]; next && this.queue.length > 0; next = this.queue[0]) {
			try {
				for (const effect of this.effects(next)) {
					if (effect.kind === "answer") answers.push({ ticket: effect.ticket, status: effect.status });
					else if (effect.kind === "tell" && effect.event[0] === threadNews) waits.push(this.hold(this.deliver(effect.to, effect.event)));
					else this.carry(effect);
				}
			} catch (e) {
				this.drop();
				this.queue = [];
				throw e;
			}
			this.queue.shift();
		}
		if (waits.length === 0) return Promise.resolve(answers);
		return Promise.all(waits).then((more) => answers.concat(...more));
	}

	/** Steps an event that came of an effect, later. */
	protected stepLater(event: (w: Writer) => void): void {
		const stepped = async (): Promise<unknown> => this.step(event);
		this.ctx.waitUntil(stepped().catch((e: unknown) => console.error({ event: "step", kind: this.kind, trouble: words(e) })));
	}

	/** Gives an event to the core, a few times if it breaks the actor, and gives the effects, rows already written. */
	private effects(event: (w: Writer) => void): Effect[] {
		let trouble = "";
		for (let tries = 0; tries < mostTries; tries++) {
			let out: { status: number; reply: Reader };
			try {
				out = this.ask(event, false);
				if (out.status === Status.restore) out = this.ask(event, true);
			} catch (e) {
				trouble = words(e); // the instance died, and the next try makes another
				continue;
			}
			switch (out.status) {
				case Status.ok:
					return this.save(out.reply.list(() => readEffect(out.reply)));
				case Status.broken:
					count("broken");
					trouble = out.reply.text();
					console.error({ event: "broken", kind: this.kind, trouble });
					break;
				default:
					throw new Error(`the core refused an event: ${out.reply.text()}`);
			}
		}
		const { status, reply } = call(this.env, Op.setAside, (w) => {
			w.byte(this.kind);
			w.string(this.key);
			w.int(Date.now());
			w.string(trouble);
			event(w);
		});
		if (status !== Status.ok) throw new Error("the core cannot set an event aside");
		console.error({ event: "poison", kind: this.kind, trouble });
		return this.save(reply.list(() => readEffect(reply)));
	}

	private ask(event: (w: Writer) => void, restore: boolean): { status: number; reply: Reader } {
		// Read first: the writer is the instance's own.
		const rows = restore ? this.rows.tail(this.tailsName()) : [];
		const open = restore ? this.connections() : [];
		if (restore) count("restores");
		return call(this.env, Op.step, (w) => {
			w.byte(this.kind);
			w.string(this.key);
			w.string(this.life);
			w.int(Date.now());
			w.bool(restore);
			if (restore) {
				w.int(this.alarmAt);
				w.uint(rows.length);
				for (const row of rows) writeRow(w, row);
				w.uint(open.length);
				for (const o of open) w.inner(o.state);
			}
			event(w);
		});
	}

	/** Makes the rows of a step durable, and gives its other effects. */
	private save(effects: Effect[]): Effect[] {
		const rows = effects.flatMap((e) => (e.kind === "save" ? e.rows : []));
		if (rows.length > 0) this.rows.put(rows);
		return effects.filter((e) => e.kind !== "save");
	}

	/** Forgets the actor in memory: it may be ahead of the disk. */
	private drop(): void {
		try {
			call(this.env, Op.drop, (w) => {
				w.byte(this.kind);
				w.string(this.key);
			});
		} catch {
			// The instance is gone, and the actor with it.
		}
	}

	protected carry(effect: Effect): void {
		switch (effect.kind) {
			case "set_timer":
				this.setTimer(effect.at);
				break;
			case "erase":
				this.alarmAt = 0;
				this.rows.erased();
				// The alarm goes with everything else since 2026-02-24.
				this.ctx.waitUntil(this.ctx.storage.deleteAll());
				break;
			case "tell":
				this.tellOther(effect.to, effect.event);
				break;
			case "load_history": {
				const rows = this.rows.range(messageTable, effect.before, effect.limit);
				const { conn, before, limit } = effect;
				this.queue.push((w) => eventHistoryLoaded(w, { conn, before, limit, rows }));
				break;
			}
			case "find_messages": {
				const { find, news, conn, frame } = effect;
				const rows = this.rows.find(messageTable, find);
				this.queue.push((w) => eventMessagesFound(w, { find, rows, news, conn, frame }));
				break;
			}
			case "hear_conns": {
				const heard = this.heard();
				this.queue.push((w) => eventConnsHeard(w, { heard }));
				break;
			}
			case "count":
				this.env.ANALYTICS?.writeDataPoint({ indexes: [`cloudflare_chat_${effect.metric}`], blobs: [effect.label], doubles: [effect.value] });
				break;
			case "note": {
				const { grade, component, text, facts } = effect;
				const line = { component, event: text, ...Object.fromEntries(facts.map(({ name, value }) => [name, value])) };
				console[grades[grade] ?? "warn"](line);
				break;
			}
			default:
				console.error({ event: "effect", kind: this.kind, effect: effect.kind });
		}
	}

	protected setTimer(at: number): void {
		if (at === this.alarmAt) return; // a set alarm is billed as a row
		if (at === 0) {
			this.alarmAt = 0;
			this.ctx.waitUntil(this.ctx.storage.deleteAlarm());
			return;
		}
		this.ctx.waitUntil(this.setAlarm(at));
	}

	protected setAlarm(at: number): Promise<void> {
		this.alarmAt = at;
		count("alarmsSet");
		return this.ctx.storage.setAlarm(Math.max(at, 1));
	}

	private tellOther(to: Address, event: Uint8Array): void {
		if (to.kind === this.kind && to.key === this.key) {
			this.queue.push((w) => w.raw(event));
			return;
		}
		this.ctx.waitUntil(this.hold(this.deliver(to, event)));
	}

	/** Tells another object, again on a new stub where it fails. Whoever tells remembers, so giving up loses nothing. */
	private async deliver(to: Address, event: Uint8Array): Promise<Answered[]> {
		const name = `${to.kind} ${to.key}`;
		const more = to.kind === Kind.desk ? spent() : undefined;
		for (let tries = 1; ; tries++) {
			// A stub is dead after an exception.
			// https://developers.cloudflare.com/durable-objects/best-practices/error-handling/
			let held = this.stubs.get(name);
			if (!held) {
				const stub = this.stubOf(to);
				if (!stub) return [];
				held = { stub, uses: 0 };
				this.stubs.set(name, held);
			}
			held.uses++;
			try {
				count("tells");
				return await (more ? held.stub.tell(event, more) : held.stub.tell(event));
			} catch (e) {
				if (this.stubs.get(name) === held) this.stubs.delete(name);
				// A frame of a connection that came twice would be said twice.
				const once = event[0] === frontFrame || event[0] === frontSend;
				if (once || tries >= mostTells || (e as { overloaded?: boolean }).overloaded) {
					console.warn({ event: "tell", kind: this.kind, to: to.kind, trouble: words(e) });
					return [];
				}
			} finally {
				if (--held.uses === 0 && this.stubs.get(name) === held) this.stubs.delete(name);
			}
			await scheduler.wait(50 * 2 ** tries);
		}
	}
}

/** What an exception says; the core's words hold nothing that anybody wrote. */
export function words(e: unknown): string {
	return e instanceof Error ? e.message.slice(0, 200) : "unknown";
}
