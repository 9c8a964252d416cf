// The core in Cloudflare's runtime, given what went over the border in a schedule
// of the simulation: see package replay in sim/. A request's body is the calls, an
// answer's the replies.

import { Core } from "../border/core";
import module from "../border/core.wasm";

const anew = 0; // opNew of the tape: the instance is made anew

export default {
	async fetch(request: Request): Promise<Response> {
		const calls = new Uint8Array(await request.arrayBuffer());
		const view = new DataView(calls.buffer);
		const replies: Uint8Array<ArrayBuffer>[] = [];
		let core: Core | undefined;
		for (let at = 0; at < calls.length; ) {
			const op = view.getUint32(at, true);
			const length = view.getUint32(at + 4, true);
			at += 8;
			if (op === anew) core = new Core(module);
			else {
				core!.writer.reset().raw(calls.subarray(at, at + length));
				const { status, reply } = core!.call(op);
				const rest = reply.rest();
				const out = new Uint8Array(5 + rest.length);
				new DataView(out.buffer).setUint32(0, 1 + rest.length, true);
				out[4] = status;
				out.set(rest, 5);
				replies.push(out);
			}
			at += length;
		}
		return new Response(new Blob(replies));
	},
};
