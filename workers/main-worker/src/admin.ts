// POST /admin/export and /admin/forget: the owner asks for a person's data. The
// core says what is to be looked up and told, and goes on with what came of it.

import { readAddress, readEffect, writeRow } from "../../border/codec.gen";
import { Reader, Writer } from "../../border/bytes";
import { Op, Status } from "../../border/core";
import { callDiscord } from "../../border/discord";
import { call, readAnswer, setupOf, toResponse } from "../../border/instance";
import { stubOf } from "./actors";
import { beginning } from "./body";
import { unable } from "./unable";

/** What the core wants: the numbers of edge/admin.go. */
const Want = { body: 0, rows: 1, tell: 2, call: 3 } as const;

const mostBytes = (4 << 10) + 1; // the core refuses what is above 4 KB, in words
const later = 3; // chat.StatusLater

export async function admin(request: Request, env: Env): Promise<Response> {
	const known: Uint8Array[] = [];
	try {
		for (;;) {
			const { status, reply } = call(env, Op.admin, (w) => {
				w.int(Date.now());
				w.string(new URL(request.url).pathname);
				w.string(request.method);
				w.string(request.headers.get("Authorization") ?? "");
				w.string(request.headers.get("Content-Type") ?? "");
				w.uint(known.length);
				for (const k of known) w.bytes(k);
			});
			if (status !== Status.ok) return unable(env, new Error("the core refused a request of the owner"));
			if (reply.bool()) return toResponse(readAnswer(reply), request.method);
			const pause = reply.uint();
			const wants = reply.list(() => reply.bytes());
			if (pause > 0) await scheduler.wait(pause);
			for (const want of wants) known.push(await lookUp(request, env, new Reader(want)));
		}
	} catch (e) {
		return unable(env, e);
	}
}

async function lookUp(request: Request, env: Env, want: Reader): Promise<Uint8Array> {
	const w = new Writer();
	const kind = want.byte();
	if (kind === Want.body) return beginning(request, mostBytes);
	if (kind === Want.rows) {
		const stub = stubOf(env, readAddress(want));
		const rows = (await stub?.rowsOf(want.list(() => want.byte()))) ?? [];
		w.uint(rows.length);
		for (const row of rows) writeRow(w, row);
		return w.done();
	}
	const effect = readEffect(want);
	if (kind === Want.tell && effect.kind === "tell") {
		const answers = (await stubOf(env, effect.to)?.tell(effect.event)) ?? [];
		w.byte(answers[0]?.status ?? later);
	} else if (kind === Want.call && effect.kind === "call") {
		const setup = setupOf(env);
		if (setup) (await callDiscord(setup, effect.id, effect.request))(w);
	}
	return w.done();
}
