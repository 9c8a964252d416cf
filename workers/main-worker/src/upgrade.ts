// GET /ws: who may come in, and to which conversation.

import { Op } from "../../border/core";
import { call, readAnswer, toResponse } from "../../border/instance";
import { unable } from "./unable";

export async function upgrade(request: Request, env: Env): Promise<Response> {
	const url = new URL(request.url);
	const h = request.headers;
	const asksForSocket = h.get("Upgrade")?.toLowerCase() === "websocket";
	const { reply } = call(env, Op.upgrade, (w) => {
		w.bool(asksForSocket);
		w.string(request.method);
		w.string(h.get("Origin") ?? "");
		w.string(h.get("Sec-Fetch-Site") ?? "");
		w.string(h.get("Sec-WebSocket-Protocol") ?? "");
		w.string(url.origin);
		const routes = url.searchParams.getAll("route");
		w.uint(routes.length);
		for (const route of routes) w.string(route);
		w.raw(crypto.getRandomValues(new Uint8Array(16)));
	});
	if (!reply.bool()) return toResponse(readAnswer(reply), request.method);
	const [route, site, selected] = [reply.string(), reply.string(), reply.string()];

	const ip = h.get("CF-Connecting-IP") ?? "";
	const { success } = await env.CONNECTIONS.limit({ key: ip });
	if (!success) return unable(env, new Error("too many connections"));
	// A request of its own: nothing that a visitor sent reaches the object but this.
	const headers = new Headers({ Upgrade: "websocket", "x-site": site, "x-remote-ip": ip });
	if (selected) headers.set("x-subprotocol", selected);
	try {
		// The answer goes back as it is: relaying frames here would keep the object awake.
		return await env.CHAT_SESSION.getByName(route).fetch("https://session/", { headers });
	} catch (e) {
		return unable(env, e);
	}
}
