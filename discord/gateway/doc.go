// Package gateway is the session with Discord's Gateway, as a machine: events in, effects out.
//
// It is pure: no clock (each event comes with now in Unix milliseconds, and may come with an earlier one), no randomness (Options.Seed), no I/O, no goroutine. The same events give
// the same effects.
//
// # What a host owes
//
//  1. Give Start once, and carry out the effects of each Step in their order, all of them, before the next Step.
//  2. A Dial opens a socket and reports Connected or Closed with the same Conn. Frames and closes carry the Conn of their socket;
//     the machine ignores those of sockets it gave up. At most one socket is open: a Dial comes only after the last one was closed.
//  3. Make SaveState durable. Give it back as Options.State after a restart.
//  4. Answer each Dispatch but those of wire.Ready and wire.Resumed with Taken once what it brought is safe (a row, or an answer of the receiver), in any order. The machine never lets a
//     sequence be saved before that, so that after a crash Discord replays what was not taken. Repeats are possible then: be idempotent by id.
//  5. Step a Timer event at or after the time of the latest SetTimer. Early and repeated ones do no harm. Where the clock was set back, step one as well.
//  6. Give Skew where an answer of Discord shows its clock.
//  7. Decompress, when Options.Compression is set, before handing over a Frame: one context a connection.
//
// Rules come from https://docs.discord.com/developers/events/gateway and
// https://docs.discord.com/developers/topics/opcodes-and-status-codes.
package gateway
