// Package rest knows how to ask Discord's REST API for something and when it may be asked.
//
// It has three parts, all pure: no clock (each call carries now in Unix milliseconds, monotonic by the host's care), no randomness (a
// seed is an option), no I/O.
//
//   - Endpoints (endpoints_*.go) build a Request, which is data.
//   - Scheduler is the rate-limit machine. It answers whether a request may leave now, and learns from each reply.
//   - Classify and Verdict say what a reply means for the one who asked.
//
// # How a host uses the Scheduler
//
//  1. Keep the ready conversations in a ring. While Gate(now) is 0, take the next candidate and call Reserve. When Gate gives
//     a time, stop: nothing but interaction answers may leave before it, so scanning the ring is wasted.
//  2. A Decision with Go set carries a Permit. Send the request at once. Otherwise put the candidate aside until
//     Decision.At (0: until the owner acted).
//  3. Give back each Permit exactly once: Done with the outcome, or Cancel when the request did not leave. A second Done or Cancel
//     of the same Permit does nothing. A Permit that is not given back for 5 minutes counts as timed out.
//  4. When Verdict.Save or Decision.Save is set, make Snapshot durable; after a restart give it to Restore.
//
// The Scheduler holds no message and no queue. Fairness is the host's ring; the Scheduler's part is never to grant one
// candidate more than its bucket allows and to answer cheaply.
//
// # Where the rules come from
//
// https://docs.discord.com/developers/topics/rate-limits, and observations that the page does not tell: sliding windows, hidden sublimits,
// cool-downs on thread creation, bans of the address by Cloudflare without JSON.
package rest
