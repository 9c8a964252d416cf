// Where the actors of this Worker live.

import { type Told, Kind } from "../../border/actor";
import type { Address } from "../../border/codec.gen";

export function stubOf(env: Env, to: Address): Told | undefined {
	switch (to.kind) {
		case Kind.session:
			return env.CHAT_SESSION.getByName(to.key);
		case Kind.registry:
			return env.REGISTRY.getByName(to.key);
		case Kind.desk:
			return env.DISCORD_EGRESS.getByName(to.key);
	}
	return undefined;
}
