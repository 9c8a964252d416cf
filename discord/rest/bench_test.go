package rest_test

import (
	"fmt"
	"strconv"
	"testing"

	"cloudflarechat/discord/rest"
)

// The cost of a grant with its answer, from 10 to 100,000 known conversations: where
// ten of them speak, which shows whether anything is searched for among those that
// are known, and where all speak in turns, which shows what it costs beside that to
// fetch each one's bucket from memory that no cache holds.
func BenchmarkReserveDone(b *testing.B) {
	for _, speak := range []string{"ten", "all"} {
		for _, known := range []int{10, 1_000, 100_000} {
			b.Run(fmt.Sprintf("speak=%s/known=%d", speak, known), func(b *testing.B) {
				s := rest.New(rest.Options{BudgetPerSecond: 1 << 20, MaxBuckets: 1 << 20})
				reqs := make([]rest.Request, known)
				out := ok(meters(5, 4, "5.000", "80c17d2f203122d936070c88c8d10f33"))
				now, steps := int64(t0), 0
				step := func(i int) {
					if steps++; steps%1000 == 0 {
						now += 10
					}
					if d := s.Reserve(now, &reqs[i]); d.Go {
						s.Done(now, d.Permit, out)
					}
				}
				for i := range reqs {
					reqs[i] = rest.Request{Method: "POST", Route: rest.RouteMessages, Major: strconv.Itoa(i + 900000000000000000)}
					step(i)
				}
				among := known
				if speak == "ten" {
					among = 10
				}
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					step(i % among)
				}
			})
		}
	}
}

// The cost of asking when the answer is no: the bucket is empty, or the gate is closed.
func BenchmarkReserveHeld(b *testing.B) {
	s := rest.New(rest.Options{})
	r := post(1)
	d := s.Reserve(t0, &r)
	s.Done(t0, d.Permit, ok(meters(5, 0, "5", "h")))
	b.ReportAllocs()
	for b.Loop() {
		if s.Reserve(t0+1, &r).Go {
			b.Fatal("granted")
		}
	}
}

func BenchmarkGate(b *testing.B) {
	s := rest.New(rest.Options{})
	for i := range 50 {
		s.Reserve(t0+int64(i)*19, ptr(post(i)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if s.Gate(t0+960) == 0 {
			b.Fatal("open")
		}
	}
}

func BenchmarkCreateMessage(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		rest.CreateMessage("900000000000000001", rest.Post{Content: "[Ann] (ann@example.com)\nPage: /pricing\n---\nHello there", Nonce: "abcdefghijklmnopqrstuvwxy", Flags: 4})
	}
}
