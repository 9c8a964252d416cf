// The few forms of the border: see edge/wire.go, which writes and reads the same.

const utf8 = new TextEncoder();
const text = new TextDecoder();

const usual = 4096;
/** What is larger, such as all rows of a long conversation, is rare and does not stay. */
const mostKept = 1 << 20;

/** Collects bytes for the core. */
export class Writer {
	private buf = new Uint8Array(usual);
	private n = 0;

	private room(more: number): void {
		if (this.n + more <= this.buf.length) return;
		const bigger = new Uint8Array(Math.max(2 * this.buf.length, this.n + more));
		bigger.set(this.buf.subarray(0, this.n));
		this.buf = bigger;
	}
	/** What was written; valid until reset. */
	done(): Uint8Array {
		return this.buf.subarray(0, this.n);
	}
	reset(): this {
		this.n = 0;
		if (this.buf.length > mostKept) this.buf = new Uint8Array(usual);
		return this;
	}
	byte(v: number): void {
		this.room(1);
		this.buf[this.n++] = v;
	}
	bool(v: boolean): void {
		this.byte(v ? 1 : 0);
	}
	/** An unsigned number below 2^53. */
	uint(v: number): void {
		this.room(10);
		while (v >= 0x80) {
			this.buf[this.n++] = (v % 0x80) | 0x80;
			v = Math.floor(v / 0x80);
		}
		this.buf[this.n++] = v;
	}
	/** A whole number between -2^52 and 2^52, in zigzag form. */
	int(v: number): void {
		this.uint(v < 0 ? -2 * v - 1 : 2 * v);
	}
	string(v: string): void {
		if (v.length === 0) this.uint(0);
		else this.bytes(utf8.encode(v));
	}
	bytes(v: Uint8Array): void {
		this.uint(v.length);
		this.raw(v);
	}
	raw(v: Uint8Array): void {
		this.room(v.length);
		this.buf.set(v, this.n);
		this.n += v.length;
	}
	/** Bytes with their length before them, as the core passes opaque things. */
	inner(v: Uint8Array): void {
		this.room(4);
		for (let i = 0; i < 4; i++) this.buf[this.n++] = (v.length >>> (8 * i)) & 0xff;
		this.raw(v);
	}
}

/** Reads what the core wrote. What it gives is copied: the core's memory moves. */
export class Reader {
	private at = 0;
	constructor(private readonly b: Uint8Array) {}

	private take(n: number): Uint8Array {
		if (this.at + n > this.b.length) throw new Error("the border's bytes end too early");
		return this.b.subarray(this.at, (this.at += n));
	}
	byte(): number {
		if (this.at >= this.b.length) throw new Error("the border's bytes end too early");
		return this.b[this.at++]!;
	}
	bool(): boolean {
		return this.byte() !== 0;
	}
	uint(): number {
		let v = 0;
		let scale = 1;
		for (;;) {
			const c = this.byte();
			v += (c & 0x7f) * scale;
			if (c < 0x80) return v;
			scale *= 0x80;
		}
	}
	int(): number {
		const v = this.uint();
		return v % 2 === 0 ? v / 2 : -(v + 1) / 2;
	}
	float(): number {
		const b = this.take(8);
		return new DataView(b.buffer, b.byteOffset, 8).getFloat64(0, true);
	}
	string(): string {
		const b = this.take(this.uint());
		// Most are empty or a few plain letters, for which a decoder costs more than they do.
		if (b.length > 40) return text.decode(b);
		let out = "";
		for (let i = 0; i < b.length; i++) {
			const c = b[i]!;
			if (c >= 0x80) return text.decode(b);
			out += String.fromCharCode(c);
		}
		return out;
	}
	bytes(): Uint8Array {
		return this.take(this.uint()).slice();
	}
	raw(n: number): Uint8Array {
		return this.take(n).slice();
	}
	inner(): Uint8Array {
		const b = this.take(4);
		return this.take((b[0]! | (b[1]! << 8) | (b[2]! << 16) | (b[3]! << 24)) >>> 0).slice();
	}
	list<T>(read: () => T): T[] {
		const out: T[] = [];
		for (let n = this.uint(); n > 0; n--) out.push(read());
		return out;
	}
	/** What is left, copied. */
	rest(): Uint8Array {
		return this.b.slice(this.at);
	}
	/** What is left, as text. */
	text(): string {
		return text.decode(this.b.subarray(this.at));
	}
}
