// What the shim counts, since its isolate began, for /health?deep and the tests:
// what Cloudflare bills, and what would be a defect.

export type Counter =
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
	| "broken" // steps that broke an invariant
	| "traps"; // instances that died

const counters = new Map<Counter, number>();

export function count(name: Counter, by = 1): void {
	counters.set(name, (counters.get(name) ?? 0) + by);
}

export function allCounters(): [Counter, number][] {
	return [...counters];
}
