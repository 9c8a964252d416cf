// Package edge is the core's face towards a host that is not Go: the Durable
// Objects of workers/, which hold the core as a WASM module.
//
// A host hands over bytes and gets bytes ([Machine.Step]). The format is made
// for the border and for nothing else: little more than the fields one after
// the other, so that a message costs microseconds and no reflection. It is
// generated from the Go types by edge/gen; the shim in TypeScript reads the few
// effects that it carries out, and passes everything between actors on without
// looking.
//
// The bytes of the border are not kept: rows have the form of package records.
// Both sides come from the same release, except while a release spreads over
// the world; then an object of the older one may be told something by a newer
// one, and an event that it cannot read is answered with an error, and repeated
// by whoever told it.
package edge
