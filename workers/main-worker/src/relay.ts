// POST /relay: the Gateway's relay hands over what happened in Discord.

import type { Answered } from "../../border/actor";
import { readAddress, threadNews } from "../../border/codec.gen";
import { Op, Status } from "../../border/core";
import { call, readAnswer, toResponse } from "../../border/instance";
import { stubOf } from "./actors";
import { unable } from "./unable";

/** What the core says shall be done: the numbers of edge/relaydoor.go. */
const Do = { refuse: 0, ask: 1, tell: 2, state: 3 } as const;

const mostBytes = 300 << 10; // the core refuses what is above 256 KB, in words
const later = 3; // chat.StatusLater

export async function relay(request: Request, env: Env, ctx: Pick<ExecutionContext, "waitUntil">): Promise<Response> {
	const declared = Number(request.headers.get("Content-Length") ?? 0);
	const body = declared > mostBytes ? new Uint8Array(mostBytes) : new Uint8Array(await request.arrayBuffer());
	const ticket = crypto.randomUUID();
	const { status, reply } = call(env, Op.relay, (w) => {
		w.int(Date.now());
		w.string(ticket);
		w.string(request.method);
		w.string(request.headers.get("Authorization") ?? "");
		w.string(request.headers.get("Content-Type") ?? "");
		w.bytes(body);
	});
	if (status !== Status.ok) return unable(env, new Error("the core refused a body"));
	const what = reply.byte();
	const answer = readAnswer(reply);
	if (what === Do.refuse) return toResponse(answer, request.method);
	try {
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
