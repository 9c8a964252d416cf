// Package server is the native host of the chat: it carries what the pure core
// decides to sockets, to disk and to Discord.
//
// [New] takes [Options] and gives a [Server]: the widget's files, the
// WebSocket at /ws, /relay, /health and /metrics over HTTP; the actors of
// package chat in one engine; the database of package store; the calls to
// Discord; and, unless turned off, the Gateway relay. [NewRelay] is the Gateway
// relay alone, for a host elsewhere.
//
// # Where the host's duties are fulfilled
//
// The numbers are those of the list in package chat.
//
//  1. One step at a time: one goroutine, the engine's loop (engine.go), steps
//     every actor.
//  2. Time: [Clock] is read once a batch (engine.go, turn).
//  3. Randomness: [Options] Random, read by the upgrade (upgrade.go).
//  4. Persist, then speak: commit.go makes the rows of a whole batch durable in
//     one transaction, and only then hands its effects to carry.go.
//  5. Order: carry.go carries a batch's effects out in the order of its steps; a
//     connection's frames leave through one queue (socket.go).
//  6. A failed save: commit.go drops the batch's actors and effects.
//  7. Rebuilding: actors.go, from store tails, open connections and the timer.
//  8. Tell: carry.go puts the event at the end of the engine's own queue.
//  9. Timers: timers.go; the actor table holds them, and its index finds the next.
//  10. ConnClosed: socket.go, when a socket's read loop has ended.
//  11. Poison: step.go catches the panic, poison.go keeps the event.
//
// What package discord asks of a host is in outside.go and discordhttp.go; what
// package gateway asks, in gateway.go (the machine's goroutine), gateway_socket.go
// and gateway_news.go. News are handed over in order within a thread, and no
// thread waits for another: lanes.go.
package server
