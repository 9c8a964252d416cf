package conformance

import (
	"debug/elf"
	"errors"
	"os"
	"runtime"
)

func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// libraries gives the shared libraries and the loader that a program needs.
func libraries(path string) ([]string, error) {
	if runtime.GOOS != "linux" {
		return nil, nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	needed, err := f.ImportedLibraries()
	if err != nil && !errors.Is(err, elf.ErrNoSymbols) {
		return nil, err
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			needed = append(needed, "a loader")
		}
	}
	return needed, nil
}
