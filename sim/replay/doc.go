// Package replay plays schedules of the simulation through the core as it is shipped: as WASM, in wazero and in Cloudflare's
// own runtime.
//
// A schedule is played natively first, and every call over the border of package edge is kept on a [Tape] with its reply. Then
// the same schedule is played with the actors inside the module, in wazero, and every reply and the transcript's hash must be
// the same, byte for byte. To workerd the calls of the tape are given one after the other: what came before a call is the
// same, so that the first reply that differs is the defect, and nothing after it is looked at.
//
//	./scripts/test.sh replay            some schedules
//	./scripts/simulate.sh replay 500    as many as one likes
package replay
