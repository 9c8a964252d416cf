// The one that sends to Discord for all conversations of a bot.

import { Actor, Kind, type Answered, type Told } from "../../border/actor";
import type { Writer } from "../../border/bytes";
import { eventTimerFired, type Address, type Call, type Effect } from "../../border/codec.gen";
import { Op, Status } from "../../border/core";
import { allCounters, count, spent } from "../../border/counters";
import { callDiscord } from "../../border/discord";
import { type Answer, call, readAnswer, setupOf } from "../../border/instance";
import { stubOf } from "./actors";

/** What the relay last said of itself. */
interface Relay {
	at: number;
	state: Uint8Array;
}

/** A shorter wait is kept in memory: an alarm is billed as a row, and a timer that is lost is made up for by the cron. */
const volatileWait = 5_000;
/** Requests that one event may begin: the free plan allows 50, and an object may be told things meanwhile. */
const mostCalls = 40;

export class DiscordEgress extends Actor<Env> {
	protected override readonly kind = Kind.desk;
	private timer: ReturnType<typeof setTimeout> | undefined;
	/** Ends the time that the timer kept the object awake. */
	private timed: () => void = () => {};
	/** Calls that wait for a fresh event, whose allowance of requests is whole. */
	private waiting: Call[] = [];
	private begun = 0;

	constructor(ctx: DurableObjectState, env: Env) {
		super(ctx, env);
		// From its first life on it waits for a relay. One row.
		if (ctx.storage.kv.get("born") === undefined) {
			count("rowsWritten");
			ctx.storage.kv.put("born", Date.now());
		}
	}

	protected override tailsName(): string {
		return "desk";
	}

	protected override stubOf(to: Address): Told | undefined {
		return stubOf(this.env, to);
	}

	override async tell(event: Uint8Array, more?: number[]): Promise<Answered[]> {
		this.fresh();
		if (more) await this.spend(more);
		return super.tell(event);
	}

	/** What was spent of the plan, for the core to tell the team in time. */
	private async spend(more: number[]): Promise<void> {
		const { status, reply } = call(this.env, Op.spent, (w) => {
			for (const n of more) w.int(Math.round(n));
		});
		const event = reply.rest();
		if (status === Status.ok && event.length > 0) await this.step((w) => w.raw(event));
	}

	override async poke(): Promise<void> {
		this.fresh();
		const own = spent();
		if (own) await this.spend(own);
		await super.poke();
		await this.tellUnwell();
	}

	/** Tells the core how the relay stands: it decides whether the team hears of it. */
	private async tellUnwell(): Promise<void> {
		const { status, reply } = call(this.env, Op.unwell, (w) => {
			w.int(Date.now());
			writeRelay(w, this.relay(), this.born());
		});
		if (status !== Status.ok) return;
		const event = reply.rest();
		await this.step((w) => w.raw(event));
	}

	private relay(): Relay | undefined {
		return this.ctx.storage.kv.get<Relay>("relay");
	}

	private born(): number {
		return this.ctx.storage.kv.get<number>("born") ?? 0;
	}

	override async alarm(): Promise<void> {
		this.fresh();
		return super.alarm();
	}

	/** An event came from outside: requests may be made again. */
	private fresh(): void {
		this.begun = 0;
		const list = this.waiting;
		this.waiting = [];
		for (const c of list) this.begin(c);
	}

	protected override carry(effect: Effect): void {
		if (effect.kind === "call") this.begin(effect);
		else super.carry(effect);
	}

	private begin(c: Call): void {
		const setup = setupOf(this.env);
		if (!setup) return; // the core does not run without settings
		if (this.begun >= mostCalls) {
			// Answers to requests belong to the event that made them. An alarm is a new one.
			this.waiting.push(c);
			this.ctx.waitUntil(this.setAlarm(Date.now()));
			return;
		}
		this.begun++;
		this.ctx.waitUntil(this.hold(callDiscord(setup, c.id, c.request)).then((done) => this.stepLater(done)));
	}

	protected override setTimer(at: number): void {
		if (this.timer !== undefined) {
			clearTimeout(this.timer);
			this.timer = undefined;
			this.timed();
		}
		const wait = at - Date.now();
		if (at !== 0 && wait < volatileWait) {
			// The object stays awake until then.
			void this.hold(new Promise<void>((done) => (this.timed = done)));
			this.timer = setTimeout(
				() => {
					this.timer = undefined;
					this.timed();
					this.stepLater((w) => eventTimerFired(w, { heard: [] }));
				},
				Math.max(wait, 0),
			);
			return;
		}
		super.setTimer(at);
	}

	/** The relay tells how its connection stands. One row, once in five minutes. */
	async relayState(state: Uint8Array, byWorker: boolean): Promise<void> {
		count("objectRequests");
		if (byWorker) count("relayStates");
		count("rowsWritten");
		this.ctx.storage.kv.put("relay", { at: Date.now(), state } satisfies Relay);
		this.fresh();
		await this.tellUnwell();
	}

	/** The answer to GET /health. */
	async health(version: string, deep: boolean, mainCounters: [string, number][]): Promise<Answer> {
		count("objectRequests");
		// Where this object lives in another isolate than the Worker, both count.
		const counters = new Map<string, number>(allCounters());
		for (const [name, value] of mainCounters) counters.set(name, Math.max(value, counters.get(name) ?? 0));
		const { reply } = call(this.env, Op.health, (w) => writeHealth(w, version, deep, "", [...counters], this.relay(), this.born()));
		return readAnswer(reply);
	}
}

export function writeHealth(
	w: Writer,
	version: string,
	deep: boolean,
	failing: string,
	counters: [string, number][],
	relay?: Relay,
	born?: number,
): void {
	w.int(Date.now());
	w.string(version);
	w.bool(deep);
	w.string(failing);
	w.uint(counters.length);
	for (const [name, value] of counters) {
		w.string(name);
		w.int(value);
	}
	writeRelay(w, relay, born);
}

/** What edge's readRelay reads. */
function writeRelay(w: Writer, relay?: Relay, born = 0): void {
	w.int(relay?.at ?? born);
	w.bool(relay !== undefined);
	if (relay) w.raw(relay.state);
}
