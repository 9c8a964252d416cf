// Package discord is the desk that there is: the team sits in a Discord channel.
//
// It turns the core's words (package chat) into Discord's and back. It is pure, like the core: no clock, no randomness, no
// I/O, no goroutine. Its parts:
//
//   - [Desk] says how texts look: the opening post, a thread's name, a post, a notice.
//   - [NewsOf] turns a dispatch of the Gateway into news for a conversation, and [RelayOf] and [NewsOfRelay] carry news as the
//     JSON of POST /relay.
//   - [Egress] is the actor that sends. All requests of a bot go through it, because Discord counts them by bot.
//
// Below it are discord/wire (objects and the scanner that reads them), discord/rest (requests and the rate-limit machine),
// discord/gateway (the Gateway session) and discord/text (texts both ways).
//
// # What a host of the Egress owes
//
// It is an actor of the core and everything in chat's doc comment holds: persist the rows of a step, then carry out its other
// effects in order. One effect is its own:
//
//  1. [Call] is an HTTPS request. The host adds the base URL, Authorization and User-Agent, sends the body with its exact length,
//     follows no redirect, and gives up after 15 seconds.
//  2. Each Call is answered by one [CallDone], whatever happened. Failure says which side of the sending it failed on:
//     [FailureUnsent] only where not one byte of the request can have reached Discord.
//  3. Calls may be carried out side by side; at most [Options.MaxInFlight] are open.
//  4. When the actor is dropped its open calls are forgotten, and late answers to them must be dropped or may be given: an unknown
//     ID is ignored. IDs begin with the time of the rebuild, so that they do not meet those of an earlier life.
//  5. A time that SetTimer asks for may be less than a second away under load; a host whose durable timer is coarse or dear keeps
//     such short waits in memory and only longer ones durably.
//
// # Who holds what
//
// Messages wait in their sessions; the Egress knows only which conversations are ready, in what order, and how fast Discord may be asked. So
// a flood of one visitor costs others nothing, a restart loses nothing, and memory is bounded by the number of ready conversations.
package discord
