// The routes of the chat's Worker. The widget's files never come here: they are
// assets.

import { admin } from "./admin";
import { upgrade } from "./upgrade";
import { health } from "./health";
import { relay } from "./relay";
import { words } from "../../border/actor";
import { count } from "../../border/counters";

export { ChatSession } from "./session";
export { Registry } from "./registry";
export { DiscordEgress } from "./egress";

/** What the core puts on its answers too. */
const nothing = {
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy": "no-referrer",
	"X-Content-Type-Options": "nosniff",
};

export default {
	async fetch(request, env, ctx): Promise<Response> {
		count("requests");
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
		return new Response("Not found\n", { status: 404, headers: nothing });
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
