//go:build !unix

package check

// freeBytes is not known here.
func freeBytes(string) (uint64, bool) { return 0, false }
