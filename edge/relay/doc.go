// Package relay is the Gateway as an actor of the edge: one Durable Object runs
// it, holds the socket to Discord, and hands over what happens there to the main
// Worker by POST /relay.
//
// It is the twin of the native relay and as pure as the core: the machine of
// discord/gateway decides how the connection is kept, [discord.NewsOf] what is
// news, and [Gateway] what is handed over when. The bodies of POST /relay are in
// body.go, both ways.
//
// # What a host owes
//
// Everything that package chat's doc comment says of actors, and:
//
//  1. [SocketDial] opens a socket in place of the one that there was, and is
//     answered by [SocketOpened] or [SocketClosed] with its number. What the socket
//     says comes as [SocketFrame].
//  2. [Post] is POST /relay, answered by one [Posted].
//  3. [discord.Call] is carried out as the Egress's are.
//  4. chat.SetTimer is kept in memory: heartbeats come every 41 seconds, and the
//     socket is gone with the memory anyway. A durable alarm and a cron bring
//     [Poke] instead.
package relay
