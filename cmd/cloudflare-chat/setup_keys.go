package main

import (
	"io"
	"os"
	"sync"
)

// keys reads a terminal for one form after the other. A form that reads it by
// itself may go on reading for a moment after its end and swallow what was
// meant for the next one.
type keys struct {
	file *os.File
	once sync.Once
	came chan []byte
}

func newKeys(file *os.File) *keys { return &keys{file: file, came: make(chan []byte)} }

// open gives what one form reads until it is closed.
func (k *keys) open() *formKeys {
	k.once.Do(func() { go k.read() })
	return &formKeys{keys: k, closed: make(chan struct{})}
}

func (k *keys) read() {
	defer close(k.came)
	for {
		b := make([]byte, 1024)
		n, err := k.file.Read(b)
		if n > 0 {
			k.came <- b[:n]
		}
		if err != nil {
			return
		}
	}
}

// formKeys is the terminal as one form sees it. It has Fd, by which the form
// puts the terminal into its mode, and no Name, by which it would read it past
// this.
type formKeys struct {
	keys   *keys
	rest   []byte
	once   sync.Once
	closed chan struct{}
}

// Read implements io.Reader.
func (f *formKeys) Read(p []byte) (int, error) {
	if len(f.rest) == 0 {
		select {
		case <-f.closed:
			return 0, io.EOF
		default:
		}
		select {
		case <-f.closed:
			return 0, io.EOF
		case b, more := <-f.keys.came:
			if !more {
				return 0, io.EOF
			}
			f.rest = b
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// Write implements io.Writer.
func (f *formKeys) Write(p []byte) (int, error) { return f.keys.file.Write(p) }

// Fd is the terminal.
func (f *formKeys) Fd() uintptr { return f.keys.file.Fd() }

// Close ends this form's reading, and leaves the terminal open.
func (f *formKeys) Close() error {
	f.once.Do(func() { close(f.closed) })
	return nil
}
