// Package jsontext reads and writes JSON without reflection: a frame costs a
// microsecond in WASM, and the library that would do it by reflection is a
// sixth of the module that visitors' objects wait for when they wake.
//
// It is as strict as encoding/json where that matters, and the tests hold it to
// that library: what one refuses the other refuses, and what both take reads the
// same. Two things differ on purpose: names of fields count as they are written,
// and nothing is nested deeper than [MaxDepth].
package jsontext
