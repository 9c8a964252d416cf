//go:build unix

package store

import "syscall"

// errReadOnlyFS is what a file system mounted read-only answers.
var errReadOnlyFS error = syscall.EROFS
