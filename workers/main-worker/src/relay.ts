// POST /relay: the Gateway's relay hands over what happened in Discord.

import type { Answered } from "../../border/actor";
import type { Reader } from "../../border/bytes";
import { readAddress, threadNews } from "../../border/codec.gen";
import { Op, Status } from "../../border/core";
import { call, readAnswer, toResponse } from "../../border/instance";
import { stubOf } from "./actors";
import { beginning } from "./body";
import { unable } from "./unable";

/** What the core says shall be done: the numbers of edge/relaydoor.go. */
const Do = { refuse: 0, ask: 1, tell: 2, state: 3, body: 4 } as const;

const later = 3; // chat.StatusLater

export async function relay(request: Request, env: Env, ctx: Pick<ExecutionContext, "waitUntil">): Promise<Response> {
	const ticket = crypto.randomUUID();
	const ask = (body?: Uint8Array): { status: number; reply: Reader } =>
		call(env, Op.relay, (w) => {
			w.int(Date.now());
			w.string(ticket);
			w.string(request.method);
			w.string(request.headers.get("Authorization") ?? "");
			w.string(request.headers.get("Content-Type") ?? "");
			w.bool(body !== undefined);
			if (body) w.bytes(body);
		});
	try {
		// A stranger's body is not even read.
		let { status, reply } = ask();
		let what = status === Status.ok ? reply.byte() : Do.refuse;
		if (what === Do.body) {
			({ status, reply } = ask(await beginning(request, reply.uint() + 1)));
			what = status === Status.ok ? reply.byte() : Do.refuse;
		}
		if (status !== Status.ok) return unable(env, new Error("the core refused a body"));
		const answer = readAnswer(reply);
		if (what === Do.refuse) return toResponse(answer, request.method);
		if (what === Do.state) {
			await env.DISCORD_EGRESS.getByName("main").relayState(reply.rest(), new URL(request.url).hostname === "main");
			return toResponse(answer);
		}
		const stub = stubOf(env, readAddress(reply));
		const event = reply.rest();
		if (!stub) return unable(env, new Error("no such actor"));
		if (what === Do.tell && event[0] === threadNews) {
			// Somebody types: worth nothing later, so nobody waits for it.
			ctx.waitUntil(stub.tell(event).then(ignored, ignored));
			return toResponse(answer);
		}
		const answers = await stub.tell(event);
		if (what === Do.tell) return toResponse(answer);
		return answerOf(env, answers, ticket);
	} catch (e) {
		return unable(env, e);
	}
}

function ignored(): void {}

function answerOf(env: Env, answers: Answered[], ticket: string): Response {
	const found = answers.find((a) => a.ticket === ticket);
	const { reply } = call(env, Op.relayAnswer, (w) => w.byte(found?.status ?? later));
	return toResponse(readAnswer(reply));
}
