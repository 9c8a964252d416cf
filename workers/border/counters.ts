// What the shim counts, since its isolate began, for /health?deep and the tests:
// what Cloudflare bills, and what would be a defect.

export type Counter =
	| "requests" // to the Worker
	| "objectRequests" // to objects, alarms too; not frames, of which twenty are billed as one
	| "awakeMs" // of all objects, while something keeps them from hibernating: idle time is not billed
	| "builds" // objects constructed
	| "calls" // across the border
	| "restores" // actors rebuilt from records
	| "frames" // that woke an object
	| "sends"
	| "tells" // calls to other objects
	| "alarms"
	| "alarmsSet" // each is billed as a row
	| "rowsRead"
	| "rowsWritten"
	| "fetches"
	| "relayStates" // the relay's Worker told how it is
	| "broken" // steps that broke an invariant
	| "traps"; // instances that died

const counters = new Map<Counter, number>();

export function count(name: Counter, by = 1): void {
	counters.set(name, (counters.get(name) ?? 0) + by);
}

/** What the plan is billed by, in the order of edge's Border.spent. */
const billed: Counter[] = ["requests", "objectRequests", "frames", "rowsWritten", "alarmsSet", "rowsRead", "awakeMs", "relayStates"];
/** What is told at a time is about a thousandth of what the free plan allows: it costs a row. */
const lump: Partial<Record<Counter, number>> = { requests: 100, objectRequests: 100, frames: 2_000, rowsWritten: 100, rowsRead: 5_000, awakeMs: 100_000, relayStates: 1 };
let told: number[] = billed.map(() => 0);

/** What was spent since it was told last, once it is worth telling. */
export function spent(): number[] | undefined {
	const now = billed.map((name) => counters.get(name) ?? 0);
	const since = now.map((n, i) => n - told[i]!);
	if (!since.some((n, i) => n >= (lump[billed[i]!] ?? Infinity))) return undefined;
	told = now;
	return since;
}

export function allCounters(): [Counter, number][] {
	return [...counters];
}
