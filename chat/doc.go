// Package chat is the core: what a conversation is.
//
// It holds state machines, the actors: a [Session] a conversation and a
// [Registry] a key. A host feeds them events and carries out the effects that
// come back. The core has no clock, no randomness, no I/O, no goroutine and no
// lock: the same events give the same effects, on every host, always.
//
// # What a host owes
//
//  1. One step at a time an actor. Events for one actor are stepped one after
//     the other; different actors may be stepped side by side, for no step
//     waits on another actor.
//  2. Time is an argument. now is the host's clock in Unix milliseconds. It may
//     jump; no step may be given a time of a different actor's past as truth.
//  3. Randomness is an argument. The bytes in [ConnOpened] come from the
//     system's cryptographic source, fresh for each connection.
//  4. Persist, then speak. The rows of all [Save] effects of a step (and
//     [SetTimer], and [Erase]) are durable, together, before any other effect
//     of that step is carried out. A host may make several steps durable in one
//     transaction; it then holds the other effects of all of them.
//  5. After the rows, the effects are carried out in order. Effects of
//     different steps of one actor keep that order towards one connection and
//     one actor; [Answer], [Count] and [Note] may run side by side with anything.
//  6. A failed save drops the actor, and every effect of the step with it. The
//     next event rebuilds the actor from disk. An actor may be dropped at any
//     time between steps; nothing that matters is only in memory.
//  7. An actor is rebuilt by [NewSession] or [NewRegistry] from the rows that
//     [SessionTails] and [RegistryTails] ask for, the connections that are open
//     with the state of their last [Attach], and the timer that is set.
//  8. Telling an actor ([Tell]) delivers once or more than once, or not at all
//     when a host dies. Whoever tells remembers, durably, until it hears back.
//     [FrontFrame] and [FrontSend] alone are never repeated: they carry frames
//     of a connection, and where one cannot be delivered the connection ends.
//  9. One timer an actor. [SetTimer] replaces it; the time may have passed. It
//     fires once or more than once as [TimerFired], and survives restarts.
//  10. A connection that is gone is said ([ConnClosed]); what is sent to it
//     meanwhile is dropped.
//  11. An event whose step panics, or whose actor cannot be rebuilt, is tried
//     again on a rebuilt actor, three times in all; then it is set aside, and
//     those whom it concerns hear what [Refused] says: its ticket is answered with
//     [StatusPoison].
package chat
