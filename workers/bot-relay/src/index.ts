// The relay's Worker: /health, and a cron that keeps its object awake.

import { words } from "../../border/actor";
import { type Answer, bare, call, readAnswer, setupOf, toResponse, versionOf } from "../../border/instance";
import { Op } from "../../border/core";

export { DiscordGateway } from "./gateway";

const keptFor = 10_000;
let kept: { until: number; answer: Answer } | undefined;

/** Kept for ten seconds so that a monitor, or anybody else, wakes nobody. */
async function health(env: Env): Promise<Answer> {
	const now = Date.now();
	if (kept && now < kept.until) return kept.answer;
	const version = versionOf(env.CF_VERSION_METADATA);
	let answer: Answer;
	if (setupOf(env)) answer = await env.DISCORD_GATEWAY.getByName("main").health(version);
	else {
		// The core knows which setting is wrong.
		const { reply } = call(env, Op.relayHealth, (w) => {
			w.string(version);
			w.bool(false);
		});
		answer = readAnswer(reply);
	}
	kept = { until: now + keptFor, answer };
	return answer;
}

export default {
	async fetch(request, env): Promise<Response> {
		try {
			if (new URL(request.url).pathname === "/health") return toResponse(await health(env), request.method);
			return new Response("Not found\n", { status: 404, headers: bare });
		} catch (e) {
			console.error({ event: "health", trouble: words(e) });
			const body = { status: "down", reasons: ["the object that holds the connection cannot be reached"] };
			return Response.json(body, { status: 503, headers: { ...bare, "Access-Control-Allow-Origin": "*" } });
		}
	},

	async scheduled(_event, env): Promise<void> {
		try {
			await env.DISCORD_GATEWAY.getByName("main").poke();
		} catch (e) {
			console.error({ event: "cron", trouble: words(e) });
		}
	},
} satisfies ExportedHandler<Env>;
