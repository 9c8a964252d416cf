package freeport

import (
	"net"
	"strconv"
	"testing"
)

func TestAddress(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		addr, err := Address()
		if err != nil {
			t.Fatal(err)
		}
		if seen[addr] {
			t.Fatalf("%s was given twice", addr)
		}
		seen[addr] = true
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if _, text, err := net.SplitHostPort(addr); err != nil {
			t.Fatal(err)
		} else if port, err := strconv.Atoi(text); err != nil || port < first || port >= first+ports {
			t.Errorf("%s is not of the range", addr)
		}
	}
}
