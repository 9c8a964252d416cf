// Package world is a model of Discord: one guild with its channels, threads, members, messages and bots, REST v10, the
// Gateway, and what goes wrong with them.
//
// It is pure: no clock, goroutine, lock, randomness or I/O of its own. Each call takes the time (Unix milliseconds), and
// the same calls with the same Config give the same answers. It serves two hosts: package discordsim puts it behind real
// sockets, and the simulation drives it in virtual time.
//
//	w := world.New(world.Config{})
//	r := w.REST(now, world.Request{Method: "POST", Path: "/channels/…/messages", Authorization: "Bot demo-token", …})
//	w.Connect(now, conn, world.Dial{…})   // a Gateway socket was opened
//	w.Receive(now, conn, frame)           // a frame came
//	w.Disconnected(now, conn, 1006)       // it is gone
//	for _, o := range w.Take() { … }      // what to send, what to close
//	w.Tick(now)                           // at w.NextTick() at the latest
//
// What a host owes:
//
//  1. It calls from one goroutine at a time, with times that do not go back (an earlier time counts as the latest).
//  2. After each call it carries out Take's outputs in order. A connection that the world closed is forgotten there;
//     telling Disconnected of it is not needed and does no harm.
//  3. It calls Tick when NextTick comes, and asks NextTick again after each call.
//  4. It drops the connection of a Response that is Lost, and lets one with DelayMs wait.
//
// Who asks: "Bot <token>" is a bot; every token is good unless Config.OnlyKnownTokens is set or it was revoked. "User
// <name>" is a person (percent-encoded where it must be); an unknown name becomes a member with the support role. People
// are not rate limited and are not struck by faults, unless that is switched on.
//
// Package description holds requests and answers to Discord's own description of its API; Config.Inspect shows it all.
//
// Where Discord's documentation says nothing, the strictest reading is modelled: text is counted in UTF-16 units, the
// nonce is lost when a message is fetched again, a nonce whose message was deleted answers 10008. Limits are those that
// were observed and are all in Config. What it does not have: voice, stages, direct messages, audit log, invites,
// emoji of the guild's own, several guilds, ETF.
package world
