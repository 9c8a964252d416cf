// A small host of the protocol (docs/api-reference.md), for the widget's tests: it serves the built files and plays the
// team. A test tells it what to do through the returned object; nothing here is shared with the real server.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml' };

/**
 * Starts a host on a free port.
 * @param {{csp?: string, page?: string}} [options] a Content-Security-Policy for every page; markup for /
 */
export async function startMock(options = {}) {
  /** Every conversation by its session id. @type {Map<string, any>} */
  const sessions = new Map();
  /** Every frame that came, in order. @type {{type: string, data: any}[]} */
  const frames = [];
  const requests = [];
  const sockets = new Set();

  const mock = {
    sessions,
    frames,
    /** The data of the frames of a type that came, in order. */
    sent: (type) => frames.filter((frame) => frame.type == type).map(({ data }) => data),
    requests,
    sockets,
    origin: '',
    /** Fields that `ready` has beside the usual. */
    ready: {},
    /** Set to take a frame away from the usual handling: return true when it is dealt with. */
    intercept: (socket, type, data) => false,
    /** Paths whose requests fail. @type {Set<string>} */
    blocked: new Set(),
    /** What a plain GET /ws says, as [status, body]; or a function of the request that gives it. */
    reason: [200, { code: 'ok', message: 'An upgrade from here would be taken.' }],
    /** Upgrades are refused while set; or a function of the request that says so. */
    isRefusing: false,
    pages: { '/': options.page, ...options.pages },

    send: (socket, type, data) => socket.send(JSON.stringify({ type, data })),
    /** An agent says something in the newest (or the given) conversation. */
    say(message, { session = mock.session, author = 'Sam', from = 'agent', ...more } = {}) {
      const data = { seq: session.log.length + 1, message, author, from, timestamp: Date.now(), ...more };
      session.log.push(data);
      mock.broadcast('message', data, session);
      return data;
    },
    broadcast(type, data, session = mock.session) {
      for (const socket of sockets) if (socket.session == session) mock.send(socket, type, data);
    },
    /** The newest conversation. */
    session: undefined,
    /** Cuts every connection, with a close frame or without. */
    cut: (code) => sockets.forEach((socket) => (code ? socket.close(code) : socket.terminate())),
    close() {
      mock.cut();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://mock');
    requests.push(request.url);
    const answer = (status, body, type = 'text/html; charset=utf-8') => {
      const headers = { 'Content-Type': type, 'Access-Control-Allow-Origin': '*' };
      if (options.csp && type.startsWith('text/html')) headers['Content-Security-Policy'] = options.csp;
      response.writeHead(status, headers).end(body);
    };
    if (mock.blocked.has(pathname)) return request.socket.destroy();
    if (pathname == '/ws') {
      const [status, body] = typeof mock.reason == 'function' ? mock.reason(request) : mock.reason;
      return answer(status, JSON.stringify(body), 'application/json');
    }
    if (mock.pages[pathname]) return answer(200, mock.pages[pathname], TYPES[extname(pathname)]);
    const file =
      pathname == '/' ? 'examples/demo/index.html'
      : pathname.startsWith('/chat-widget.') ? 'widget' + pathname
      : pathname.startsWith('/demo/') ? 'examples' + pathname
      : pathname;
    try {
      let body = await readFile(join(ROOT, normalize(file)));
      if (file.endsWith('index.html')) body = String(body).replaceAll('{{.ConsoleURL}}', 'http://127.0.0.1:9/').replace(/\{\{.*?\}\}/g, '');
      answer(200, body, TYPES[extname(file)]);
    } catch {
      answer(404, 'nothing here');
    }
  });

  const upgrade = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('cloudflare-chat.v1') ? 'cloudflare-chat.v1' : false),
  });
  server.on('upgrade', (request, raw, head) => {
    requests.push(request.url);
    // A browser that goes may reset what it holds, at any moment.
    raw.on('error', () => {});
    if (typeof mock.isRefusing == 'function' ? mock.isRefusing(request) : mock.isRefusing) return raw.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    upgrade.handleUpgrade(request, raw, head, (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.protocols = request.headers['sec-websocket-protocol'];
      socket.on('close', () => sockets.delete(socket));
      socket.on('message', (text) => receive(socket, text));
    });
  });

  function receive(socket, text) {
    const { type, data } = JSON.parse(text);
    frames.push({ type, data });
    if (mock.intercept(socket, type, data)) return;
    if (type == 'ping') mock.send(socket, 'pong');
    if (type == 'init') init(socket, data);
    const { session } = socket;
    if (!session) return;
    if (type == 'message') {
      let entry = session.log.find(({ id }) => id && id == data.id);
      if (!entry) {
        entry = { seq: session.log.length + 1, id: data.id, message: data.message, author: session.name, from: 'visitor', timestamp: Date.now() };
        session.log.push(entry);
        for (const other of sockets) if (other != socket && other.session == session) mock.send(other, 'message', entry);
      }
      mock.send(socket, 'ack', { id: entry.id, seq: entry.seq, timestamp: entry.timestamp });
    }
    if (type == 'seen') session.seen = data.seq;
    if (type == 'history') {
      const older = session.log.filter(({ seq }) => seq < data.before);
      const messages = older.slice(-data.limit);
      mock.send(socket, 'history', { messages, more: older.length > messages.length });
    }
    if (type == 'end') {
      mock.send(socket, 'ended', { by: 'visitor' });
      sessions.delete(session.sessionId);
      socket.close(4500);
    }
  }

  function init(socket, data) {
    let session = sessions.get(data.sessionId);
    const restored = Boolean(session);
    if (!session) {
      const sessionId = 'session-' + (sessions.size + 1) + '-' + Math.random().toString(36).slice(2);
      session = { sessionId, route: 'route-' + (sessions.size + 1), name: data.name, email: data.email, log: [], seen: 0, init: data };
      sessions.set(sessionId, session);
    }
    mock.session = socket.session = session;
    const missed = session.log.filter(({ seq }) => seq > (data.since || 0)).slice(-50);
    const { sessionId, route, name, email, seen, log } = session;
    mock.send(socket, 'ready', {
      message: 'You are connected. Ask away.', sessionId, route, name, email, seen, restored, seq: log.length,
      delivered: 0, more: Boolean(missed[0] && missed[0].seq > 1), ...mock.ready,
    });
    for (const entry of missed) mock.send(socket, 'message', entry);
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  mock.origin = `http://127.0.0.1:${server.address().port}`;
  return mock;
}
