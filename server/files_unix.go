//go:build unix

package server

import "syscall"

// openFiles is how many files this process may have open at once, after as many
// as it may were asked for; 0 is not known, or without a limit.
func openFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	if limit.Cur < limit.Max {
		more := limit
		more.Cur = more.Max
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) == nil { // some systems say a limit that they do not give
			limit = more
		}
	}
	if uint64(limit.Cur) > manyFiles {
		return 0
	}
	return int(limit.Cur)
}
