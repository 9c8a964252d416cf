// Asks Cloudflare whether a visitor's token is good. What the answer means is
// the core's business.

import type { VerifyTurnstile } from "../../border/codec.gen";
import { Op } from "../../border/core";
import { count } from "../../border/counters";
import { call, setupOf } from "../../border/instance";

const patience = 5_000;

export async function checkToken(env: Env, check: VerifyTurnstile): Promise<string> {
	const form = call(env, Op.turnstileForm, (w) => {
		w.string(check.token);
		w.string(check.remoteIP);
		w.string(check.key);
	}).reply.rest();
	let status = 0;
	let body: Uint8Array = new Uint8Array();
	try {
		count("fetches");
		const answer = await fetch(setupOf(env)?.turnstile ?? "", {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: form,
			signal: AbortSignal.timeout(patience),
		});
		body = new Uint8Array(await answer.arrayBuffer());
		status = answer.status;
	} catch {
		// Nothing came: status 0 says so.
	}
	const { reply } = call(env, Op.turnstileCode, (w) => {
		w.uint(status);
		w.bytes(body);
		w.string(check.host);
	});
	const code = reply.string();
	const log = reply.string();
	if (log) console.warn({ event: "turnstile", trouble: log });
	return code;
}
