// GET /health, kept for ten seconds so that a monitor wakes nobody.

import { words } from "../../border/actor";
import { Op } from "../../border/core";
import { allCounters } from "../../border/counters";
import { type Answer, call, coreBytes, readAnswer, setupOf, toResponse, versionOf } from "../../border/instance";
import { writeHealth } from "./egress";

const keptFor = 10_000;
let kept: { until: number; answer: Answer } | undefined;

export async function health(request: Request, env: Env): Promise<Response> {
	const deep = new URL(request.url).searchParams.has("deep");
	const now = Date.now();
	if (!deep && kept && now < kept.until) return toResponse(kept.answer, request.method);
	if (deep) {
		const { reply } = call(env, Op.deep, (w) => w.string(request.headers.get("Authorization") ?? ""));
		if (reply.bool()) return toResponse(readAnswer(reply), request.method);
	}
	const version = versionOf(env.CF_VERSION_METADATA);
	const counters = (): [string, number][] => [...allCounters(), ["coreBytes", coreBytes()]];
	const failing = (why: string): Answer => readAnswer(call(env, Op.health, (w) => writeHealth(w, version, deep, why, counters())).reply);
	let answer: Answer;
	if (!setupOf(env)) {
		answer = failing(""); // the core knows which setting is wrong
	} else {
		try {
			answer = await env.DISCORD_EGRESS.getByName("main").health(version, deep, counters());
		} catch (e) {
			console.error({ event: "health", trouble: words(e) });
			answer = failing("the objects that hold the conversations cannot be reached");
		}
	}
	if (!deep) kept = { until: now + keptFor, answer };
	return toResponse(answer, request.method);
}
