// What is answered where an object could not be reached.

import { words } from "../../border/actor";
import { Op } from "../../border/core";
import { bare, call, readAnswer, toResponse } from "../../border/instance";

/** It never throws: what came out of the Worker would be a page of the platform. */
export function unable(env: Env, e: unknown, method?: string): Response {
	console.error({ event: "unable", trouble: words(e) });
	try {
		const { reply } = call(env, Op.unable, (w) => {
			w.int(Date.now());
			w.string(words(e));
		});
		return toResponse(readAnswer(reply), method);
	} catch (again) {
		console.error({ event: "unable", trouble: words(again) });
		const body = { code: "unavailable", message: "The chat does not work at the moment.", retryAfterMs: 30_000 };
		return Response.json(body, { status: 503, headers: { ...bare, "Access-Control-Allow-Origin": "*", "Retry-After": "30" } });
	}
}
