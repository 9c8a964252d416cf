// Carries a request to Discord, as the core made it.

import { eventCallDone, type CallDone, type Request as DiscordRequest } from "./codec.gen";
import type { Writer } from "./bytes";
import { count } from "./counters";
import type { Setup } from "./instance";

const patience = 15_000;
const mostBytes = 8 << 20;

/** The numbers of discord.Failure. */
const Failure = { answered: 0, unsent: 1, lost: 2 } as const;

export async function callDiscord(setup: Setup, id: number, r: DiscordRequest): Promise<(w: Writer) => void> {
	const done: CallDone = {
		id,
		status: 0,
		header: { limit: "", remaining: "", reset: "", resetAfter: "", bucket: "", global: "", scope: "", retryAfter: "", date: "" },
		body: new Uint8Array(),
		failure: Failure.answered,
	};
	const headers: Record<string, string> = { "User-Agent": setup.agent };
	if (!r.exempt && setup.authorization) headers.Authorization = setup.authorization;
	if (r.contentType) headers["Content-Type"] = r.contentType;
	try {
		count("fetches");
		const answer = await fetch(setup.discord + r.path + (r.query ? `?${r.query}` : ""), {
			method: r.method,
			headers,
			body: r.method === "GET" || r.method === "HEAD" ? null : r.body,
			redirect: "manual",
			signal: AbortSignal.timeout(patience),
		});
		// Read whole: a body read piece by piece breaks other sockets of the isolate
		// (https://github.com/cloudflare/workerd/issues/6774).
		const body = new Uint8Array(await answer.arrayBuffer());
		if (body.length > mostBytes) throw new Error("too large");
		const [limit, remaining, reset, resetAfter, bucket, global, scope, retryAfter, date] = setup.header.map((name) => answer.headers.get(name) ?? "");
		done.header = {
			limit: limit ?? "",
			remaining: remaining ?? "",
			reset: reset ?? "",
			resetAfter: resetAfter ?? "",
			bucket: bucket ?? "",
			global: global ?? "",
			scope: scope ?? "",
			retryAfter: retryAfter ?? "",
			date: date ?? "",
		};
		done.status = answer.status;
		done.body = body;
	} catch (e) {
		done.failure = unsent(e) ? Failure.unsent : Failure.lost;
	}
	return (w) => eventCallDone(w, done);
}

/** Only where no connection came about can not a byte have left. Everything else may have arrived. */
function unsent(e: unknown): boolean {
	const what = e instanceof Error ? e.message : "";
	return /connection refused|dns|could not resolve|unable to resolve|ECONNREFUSED/i.test(what);
}
