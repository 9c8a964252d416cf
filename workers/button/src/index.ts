// Both Workers as one, for the button: Cloudflare deploys one Worker at a click.
// Deploying it anew cuts the connection to Discord's Gateway too, which is resumed
// afterwards; that is all that it has worse.

import { words } from "../../border/actor";
import { DiscordGateway as Gateway } from "../../bot-relay/src/gateway";
import main from "../../main-worker/src/index";
import { relay } from "../../main-worker/src/relay";

export { ChatSession } from "../../main-worker/src/session";
export { Registry } from "../../main-worker/src/registry";
export { DiscordEgress } from "../../main-worker/src/egress";

export class DiscordGateway extends Gateway {
	/** What takes what happens in Discord is this very Worker. */
	protected override main(): { fetch(request: Request): Promise<Response> } {
		return { fetch: (request) => relay(request, this.env, this.ctx) };
	}
}

export default {
	fetch: main.fetch,

	async scheduled(event, env): Promise<void> {
		try {
			await env.DISCORD_GATEWAY.getByName("main").poke();
		} catch (e) {
			console.error({ event: "cron", trouble: words(e) });
		}
		if (new Date(event.scheduledTime).getUTCMinutes() % 5 === 0) await main.scheduled(event, env);
	},
} satisfies ExportedHandler<Env>;
