//go:build wasip1

// Command wasm is the module that the Workers instantiate: two exports around
// [edge.Border]. It is built as a reactor (-buildmode=c-shared): the host calls
// _initialize once, then the exports. No step blocks, so no goroutine of the
// runtime ever has to be waited for.
package main

import (
	"unsafe"

	"cloudflarechat/edge"
)

// The input buffer has usual bytes. One of more than mostKept, such as for all rows
// of a long conversation, is given back: the memory is free for actors then.
const (
	usual    = 64 << 10
	mostKept = 1 << 20
)

var (
	border edge.Border
	input  = make([]byte, usual)
	output []byte
)

// room gives the address of an input buffer of at least n bytes, valid until
// the next call of room.
//
//go:wasmexport room
func room(n uint32) uint32 {
	if int(n) > len(input) || len(input) > mostKept {
		input = make([]byte, max(int(n), usual))
	}
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(input))))
}

// call carries out an operation on the first n bytes of the input buffer. The
// result is the address of the reply in the upper half and its length in the
// lower; the reply is valid until the next call.
//
//go:wasmexport call
func call(op, n uint32) uint64 {
	output = border.Call(edge.Op(op), input[:n])
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(output))))<<32 | uint64(len(output))
}

func main() {}
