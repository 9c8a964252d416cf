// Who owns which thread, and where session ids lead: one object a key.

import { Actor, Kind, type Told } from "../../border/actor";
import type { Address } from "../../border/codec.gen";
import { stubOf } from "./actors";

export class Registry extends Actor<Env> {
	protected override readonly kind = Kind.registry;

	/** thread, email or bearer: what stands before the colon of the key. */
	protected override tailsName(): string {
		return this.key.slice(0, this.key.indexOf(":"));
	}

	protected override stubOf(to: Address): Told | undefined {
		return stubOf(this.env, to);
	}
}
