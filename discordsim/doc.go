// Package discordsim is a stand-in for Discord: package world behind real sockets, with a web console to answer from.
//
//	s := discordsim.New(discordsim.Options{Addr: "127.0.0.1:0"})
//	if err := s.Start(ctx); err != nil { … }
//	defer s.Close()
//	// DISCORD_API_URL = s.APIURL(), DISCORD_BOT_TOKEN = s.BotToken(), DISCORD_SUPPORT_CHANNEL_ID = s.ChannelID()
//
// What it serves:
//
//	/api/v10/…             REST. "Authorization: Bot <token>", or "Authorization: User <name>" for a member of the guild
//	/gateway, /            the Gateway (WebSocket): ?v=10&encoding=json[&compress=zlib-stream|zstd-stream]
//	/attachments/…         files of messages
//	/                      the console; /channels/{id} and /#/threads/{id} open a channel or thread
//	GET  /sim/state        guild, channels, bots, sessions, limits and their buckets, faults, as JSON
//	GET  /sim/events       what happens, as server-sent events: the Gateway's event names and data
//	GET  /sim/faults       the faults at work
//	POST /sim/faults       a fault, a JSON object as world.Fault: {"kind": "error", "count": 3, "status": 502,
//	                       "route": "POST /channels/{channel.id}/messages"}; answers it with its id
//	DELETE /sim/faults     ends all of them; ?id=N ends one
//	POST /sim/gateway      {"do": "cut", "code": 4000} closes every socket (code 0: without a close frame);
//	                       "reconnect" sends op 7, "invalidate" op 9 ("resumable": true), "heartbeat" op 1
//	POST /sim/limits       {"bucket": "message.create", "limit": 2, "windowMs": 5000, "fixed": true} changes a limit
//	POST /sim/revoke       {"token": "…"} makes a bot token worthless
//
// The POST routes want Content-Type: application/json, so that no other web page can use them from a browser.
package discordsim
