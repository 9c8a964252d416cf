// The relay's Worker: /health, and a cron that keeps its object awake.

import { words } from "../../border/actor";
import { setupOf, toResponse, readAnswer, call, versionOf } from "../../border/instance";
import { Op } from "../../border/core";

export { DiscordGateway } from "./gateway";

async function health(request: Request, env: Env): Promise<Response> {
	const version = versionOf(env.CF_VERSION_METADATA);
	if (!setupOf(env)) {
		// The core knows which setting is wrong.
		const { reply } = call(env, Op.relayHealth, (w) => {
			w.string(version);
			w.bool(false);
		});
		return toResponse(readAnswer(reply), request.method);
	}
	return toResponse(await env.DISCORD_GATEWAY.getByName("main").health(version), request.method);
}

export default {
	async fetch(request, env): Promise<Response> {
		if (new URL(request.url).pathname === "/health") {
			try {
				return await health(request, env);
			} catch (e) {
				console.error({ event: "health", trouble: words(e) });
				return Response.json({ status: "down", reasons: ["the object that holds the connection cannot be reached"] }, { status: 503 });
			}
		}
		return new Response("Not found\n", { status: 404, headers: { "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store" } });
	},

	async scheduled(_event, env): Promise<void> {
		try {
			await env.DISCORD_GATEWAY.getByName("main").poke();
		} catch (e) {
			console.error({ event: "cron", trouble: words(e) });
		}
	},
} satisfies ExportedHandler<Env>;
