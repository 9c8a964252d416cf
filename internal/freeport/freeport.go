// Package freeport finds addresses for programs that a test starts, and starts
// again at the same place.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"runtime"
	"strconv"
	"sync"
)

// Below the ports that systems give to outgoing connections and to whoever asks for
// any (Linux from 32,768, IANA from 49,152): one of those may be somebody else's
// between the moment it was found free and the moment a program listens at it, or
// while a program that was ended is started anew.
const first, ports = 20_000, 12_000

var (
	mu    sync.Mutex
	given = map[int]bool{}
	// names are held for as long as this process lives.
	names []net.Listener
)

// Address gives an address of this machine at which nobody listens, host and port.
// It gives none twice, and on Linux none that another process was given that still
// lives. Elsewhere two hardly get the same, for it draws them.
func Address() (string, error) {
	mu.Lock()
	defer mu.Unlock()
	for range 1000 {
		port := first + rand.IntN(ports)
		if given[port] {
			continue
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		l, err := net.Listen("tcp", addr)
		if err != nil {
			continue
		}
		given[port] = true
		if err := l.Close(); err != nil {
			return "", err
		}
		if hold(port) {
			return addr, nil
		}
	}
	return "", errors.New("no port of this machine from 20,000 to 31,999 is free")
}

// hold takes a name for a port that goes away with the process: one that is not in
// the file system, see unix(7). It is false where another process has it.
func hold(port int) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	l, err := net.Listen("unix", "@cloudflare-chat-port-"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	names = append(names, l)
	return true
}
