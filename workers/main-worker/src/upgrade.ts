// GET /ws: who may come in, and to which conversation.

import { Op } from "../../border/core";
import { call, readAnswer, toResponse } from "../../border/instance";
import { unable } from "./unable";

/** What the core says shall be done: the numbers of edge/upgrade.go. */
const Do = { answer: 0, plain: 1, take: 2 } as const;

export async function upgrade(request: Request, env: Env): Promise<Response> {
	const url = new URL(request.url);
	const h = request.headers;
	const asksForSocket = h.get("Upgrade")?.toLowerCase() === "websocket";
	const ip = h.get("CF-Connecting-IP") ?? "";
	const { reply } = call(env, Op.upgrade, (w) => {
		w.int(Date.now());
		w.bool(asksForSocket);
		w.string(request.method);
		w.string(h.get("Origin") ?? "");
		w.string(h.get("Sec-Fetch-Site") ?? "");
		w.string(h.get("Sec-WebSocket-Protocol") ?? "");
		w.string(url.origin);
		w.string(ip);
		const routes = url.searchParams.getAll("route");
		w.uint(routes.length);
		for (const route of routes) w.string(route);
		w.raw(crypto.getRandomValues(new Uint8Array(16)));
	});
	const what = reply.byte();
	if (what === Do.answer) return toResponse(readAnswer(reply), request.method);
	const key = reply.string();
	const answer = what === Do.plain ? readAnswer(reply) : undefined;
	const [route, site, selected] = answer ? ["", "", ""] : [reply.string(), reply.string(), reply.string()];
	try {
		// A page that asks why it was refused is counted too, and so told.
		const { success } = await env.CONNECTIONS.limit({ key });
		if (!success) return toResponse(readAnswer(call(env, Op.crowded, () => {}).reply), request.method);
		if (answer) return toResponse(answer, request.method);
		return await connect(env, { route, site, selected, ip });
	} catch (e) {
		return unable(env, e, request.method);
	}
}

function connect(env: Env, to: { route: string; site: string; selected: string; ip: string }): Promise<Response> {
	// A request of its own: nothing that a visitor sent reaches the object but this.
	const headers = new Headers({ Upgrade: "websocket", "x-site": to.site, "x-remote-ip": to.ip });
	if (to.selected) headers.set("x-subprotocol", to.selected);
	// The answer goes back as it is: relaying frames here would keep the object awake.
	return env.CHAT_SESSION.getByName(to.route).fetch("https://session/", { headers });
}
