// What a message costs at the very least on Durable Objects: a hand-written object
// that hibernates, stores the columns that a message has, and answers. It has no
// outbox, no limits and no second tab; bench/edge measures the chat beside it.

import { DurableObject } from "cloudflare:workers";

export class Bare extends DurableObject {
	constructor(ctx, env) {
		super(ctx, env);
		ctx.storage.sql.exec(
			`CREATE TABLE IF NOT EXISTS message (seq INTEGER PRIMARY KEY, sender INTEGER, at_ms INTEGER, client_id TEXT, desk_id TEXT, author TEXT,
			 avatar TEXT, body TEXT, page TEXT, state INTEGER, code TEXT, edited INTEGER, deleted INTEGER) STRICT`,
		);
		ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('{"type":"ping"}', '{"type":"pong"}'));
	}

	fetch() {
		const [client, server] = Object.values(new WebSocketPair());
		this.ctx.acceptWebSocket(server);
		return new Response(null, { status: 101, webSocket: client });
	}

	webSocketMessage(ws, text) {
		const { type, data } = JSON.parse(text);
		if (type === "init") return ws.send('{"type":"ready","data":{"message":"Hi","sessionId":"none"}}');
		const at = Date.now();
		const { seq } = this.ctx.storage.sql
			.exec("INSERT INTO message VALUES (NULL, 1, ?, ?, '', '', '', ?, '/', 0, '', 0, 0) RETURNING seq", at, data.id, data.message)
			.one();
		ws.send(JSON.stringify({ type: "ack", data: { id: data.id, seq, timestamp: at } }));
	}

	webSocketClose(ws, code) {
		ws.close(code);
	}
}

export default {
	fetch: (request, env) => env.BARE.get(env.BARE.newUniqueId()).fetch(request),
};
