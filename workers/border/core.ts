// The Go core as a WASM module: the one place that knows that Go is there.
//
// Go's runtime asks for a little of WASI (preview 1): a clock, randomness, and a
// place to write when it dies. Everything else answers "not supported". Nothing
// in the core draws randomness: what random_get gives seeds only Go's own hash
// tables, so that the fixed bytes during start-up do no harm.

import { Reader, Writer } from "./bytes";

/** The numbers of edge.Op. */
export const Op = {
	configure: 1,
	step: 2,
	drop: 3,
	schema: 4,
	upgrade: 5,
	unable: 6,
	relay: 7,
	relayAnswer: 8,
	health: 9,
	turnstileForm: 10,
	turnstileCode: 11,
	refused: 12,
	relayHealth: 13,
	setAside: 14,
	unwell: 15,
	spent: 16,
	admin: 17,
	crowded: 18,
	deep: 19,
} as const;

/** The numbers of edge.Status. */
export const Status = { ok: 0, restore: 1, error: 2, broken: 3 } as const;

interface Exports {
	memory: WebAssembly.Memory;
	_initialize?: () => void;
	room(n: number): number;
	call(op: number, n: number): bigint;
}

const ebadf = 8;
const enosys = 52;

function instantiate(module: WebAssembly.Module): Exports {
	let memory: WebAssembly.Memory | undefined;
	const view = () => new DataView(memory!.buffer);
	let last = "";
	const wasi: Record<string, (...args: never[]) => number> = {
		clock_time_get: ((_id: number, _precision: bigint, at: number) => {
			// Go refuses a monotonic clock of zero, which is what global scope shows.
			view().setBigUint64(at, BigInt(Math.max(Date.now(), 1)) * 1_000_000n, true);
			return 0;
		}) as never,
		random_get: ((at: number, n: number) => {
			const b = new Uint8Array(memory!.buffer, at, n);
			for (let i = 0; i < n; i++) b[i] = (i * 167 + 13) & 0xff;
			return 0;
		}) as never,
		fd_write: ((_fd: number, list: number, n: number, written: number) => {
			let sum = 0;
			for (let i = 0; i < n; i++) {
				const at = view().getUint32(list + 8 * i, true);
				const len = view().getUint32(list + 8 * i + 4, true);
				last = (last + new TextDecoder().decode(new Uint8Array(memory!.buffer, at, len))).slice(-2000);
				sum += len;
			}
			view().setUint32(written, sum, true);
			return 0;
		}) as never,
		args_sizes_get: ((count: number, size: number) => sizes(count, size)) as never,
		environ_sizes_get: ((count: number, size: number) => sizes(count, size)) as never,
		args_get: (() => 0) as never,
		environ_get: (() => 0) as never,
		fd_prestat_get: (() => ebadf) as never, // no folders: Go stops asking
		sched_yield: (() => 0) as never,
		proc_exit: ((code: number) => {
			throw new Error(`the core ended with ${code}: ${last.split("\n")[0] ?? ""}`);
		}) as never,
	};
	function sizes(count: number, size: number): number {
		view().setUint32(count, 0, true);
		view().setUint32(size, 0, true);
		return 0;
	}
	const imports: Record<string, WebAssembly.ImportValue> = {};
	for (const i of WebAssembly.Module.imports(module)) imports[i.name] = wasi[i.name] ?? (() => enosys);
	const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: imports });
	const e = instance.exports as unknown as Exports;
	memory = e.memory;
	e._initialize?.(); // absent in a module that was initialised when it was built
	return e;
}

/** One instance of the core. After an exception out of it, make a new one. */
export class Core {
	private readonly go: Exports;
	readonly writer = new Writer();

	constructor(module: WebAssembly.Module) {
		this.go = instantiate(module);
	}

	/** How large its memory is, which grows and never shrinks: an isolate has 128 MB for everything. */
	get bytes(): number {
		return this.go.memory.buffer.byteLength;
	}

	/** Carries out an operation on what the writer holds. The reply is valid until the next call. */
	call(op: number): { status: number; reply: Reader } {
		const input = this.writer.done();
		const at = this.go.room(input.length);
		new Uint8Array(this.go.memory.buffer, at, input.length).set(input);
		const packed = this.go.call(op, input.length);
		const out = new Uint8Array(this.go.memory.buffer, Number(packed >> 32n), Number(packed & 0xffffffffn));
		return { status: out[0]!, reply: new Reader(out.subarray(1)) };
	}
}
