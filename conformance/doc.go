// Package conformance holds black-box scenarios of the chat. They know two
// addresses, a host of the chat and the stand-in for Discord behind it, and
// speak what the documentation says, with a WebSocket client that shares no
// code with the server. The same scenarios run against every host.
//
//	CONFORMANCE_CHAT     origin of the chat, such as http://127.0.0.1:8787
//	CONFORMANCE_DISCORD  origin of the stand-in, such as http://127.0.0.1:8788
//	CONFORMANCE_CHANNEL  id of its support channel
//
// Without them the tests build this repository's binary and start its demo.
// Some scenarios want a second host, before the same stand-in, that takes
// certain origins and relays only:
//
//	CONFORMANCE_GUARDED       its origin
//	CONFORMANCE_ORIGIN        the one origin that it allows
//	CONFORMANCE_RELAY_SECRET  its BOT_RELAY_SECRET
//
// With CONFORMANCE_EDGE, which scripts/edge-up.sh sets, the chats are Workers on
// Cloudflare's own runtime instead: the same scenarios, and those of edge_test.go.
package conformance
