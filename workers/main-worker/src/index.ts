// The routes of the chat's Worker. The widget's files never come here: they are
// assets.

import { admin } from "./admin";
import { upgrade } from "./upgrade";
import { health } from "./health";
import { relay } from "./relay";
import { unable } from "./unable";
import { words } from "../../border/actor";
import { count } from "../../border/counters";
import { bare } from "../../border/instance";

export { ChatSession } from "./session";
export { Registry } from "./registry";
export { DiscordEgress } from "./egress";

async function answer(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
	const { pathname } = new URL(request.url);
	switch (pathname) {
		case "/ws":
			return upgrade(request, env);
		case "/relay":
			return relay(request, env, ctx);
		case "/health":
			return health(request, env);
	}
	if (pathname.startsWith("/admin/")) return admin(request, env);
	return new Response("Not found\n", { status: 404, headers: bare });
}

export default {
	async fetch(request, env, ctx): Promise<Response> {
		count("requests");
		try {
			return await answer(request, env, ctx);
		} catch (e) {
			return unable(env, e, request.method);
		}
	},

	async scheduled(_event, env): Promise<void> {
		count("requests");
		try {
			await env.DISCORD_EGRESS.getByName("main").poke();
		} catch (e) {
			console.error({ event: "cron", trouble: words(e) });
		}
	},
} satisfies ExportedHandler<Env>;
