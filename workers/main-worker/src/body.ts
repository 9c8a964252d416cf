// The body of a request, of which no more is read than is wanted.

import { Writer } from "../../border/bytes";

/** The first bytes of the body, at most so many. */
export async function beginning(request: Request, most: number): Promise<Uint8Array> {
	const w = new Writer();
	const reader = request.body?.getReader();
	let left = most;
	while (reader && left > 0) {
		const { value, done } = await reader.read();
		if (done) break;
		const part = (value as Uint8Array).subarray(0, left);
		w.raw(part);
		left -= part.length;
	}
	if (left === 0) await reader?.cancel();
	return w.done();
}
