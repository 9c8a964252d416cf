package store

import "golang.org/x/sys/windows"

// errReadOnlyFS is what a write-protected volume answers.
var errReadOnlyFS error = windows.ERROR_WRITE_PROTECT
