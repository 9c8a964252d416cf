// What is answered where an object could not be reached.

import { words } from "../../border/actor";
import { Op } from "../../border/core";
import { call, readAnswer, toResponse } from "../../border/instance";

export function unable(env: Env, e: unknown): Response {
	console.error({ event: "unable", trouble: words(e) });
	const { reply } = call(env, Op.unable, (w) => {
		w.int(Date.now());
		w.string(words(e));
	});
	return toResponse(readAnswer(reply));
}
