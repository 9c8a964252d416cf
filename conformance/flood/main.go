// Command flood tries a running chat with many hostile connections while honest
// visitors talk, and says whether any of them lost a message. It asks only
// loopback addresses; scripts/flood.sh starts what it needs.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	host        = flag.String("chat", "127.0.0.1:8787", "HOST:PORT of the chat, on loopback")
	pid         = flag.Int("pid", 0, "its process, to look at its memory")
	connections = flag.Int("connections", 10_000, "hostile connections")
	frames      = flag.Int("frames", 100_000, "hostile frames")
	honest      = flag.Int("honest", 100, "honest conversations")
	quiet       = flag.Duration("quiet", 15*time.Second, "how long the honest talk alone")
	longest     = flag.Duration("longest", 3*time.Minute, "the flood ends then at the latest")
	every       = flag.Duration("every", time.Second, "how often each of the honest says something")
)

func main() {
	flag.Parse()
	if !strings.HasPrefix(*host, "127.") {
		fmt.Fprintln(os.Stderr, "flood: only a chat on loopback is flooded")
		os.Exit(2)
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "flood:", err)
		os.Exit(1)
	}
}

func run() error {
	people := make([]*person, *honest)
	for i := range people {
		people[i] = newPerson(i)
	}
	stop := make(chan struct{})
	var talking sync.WaitGroup
	for _, p := range people {
		talking.Go(func() { p.talk(stop) })
	}
	wait(*quiet)
	calm := take(people)
	before := memory("VmRSS")

	began := time.Now()
	w := flood()
	took := time.Since(began)
	// What the flood left behind is still there.
	wait(20 * time.Second)
	during := take(people)
	close(stop)
	talking.Wait()

	fmt.Printf("hostile: %d connections taken, %d refused, %d failed; %d frames sent in %.1f s\n",
		w.taken.Load(), w.refused.Load(), w.failed.Load(), w.frames.Load(), took.Seconds())
	fmt.Printf("honest, alone:       %s\n", calm)
	fmt.Printf("honest, in the flood: %s\n", during)
	if *pid != 0 {
		fmt.Printf("memory of the server: %d MB before, %d MB at most, %d MB after\n", before/1024, memory("VmHWM")/1024, memory("VmRSS")/1024)
	}
	return lost(people)
}

// wait is a pause in the schedule.
func wait(d time.Duration) { <-time.After(d) }

// memory reads a line of the process's status, in KB.
func memory(line string) (kb int) {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(*pid) + "/status")
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kb, _ = strconv.Atoi(strings.Fields(rest)[0])
		}
	}
	return kb
}

// weather is what became of the hostile side.
type weather struct{ taken, refused, failed, frames atomic.Int64 }

// flood opens the hostile connections, fifty an address, and lets them do what
// they do until all frames are sent.
func flood() *weather {
	w := &weather{}
	each := 0
	if loud := *connections * 4 / 5; loud > 0 {
		each = (*frames + loud - 1) / loud
	}
	end := time.Now().Add(*longest)
	opening := make(chan struct{}, 64)
	var sending sync.WaitGroup
	for i := range *connections {
		opening <- struct{}{}
		sending.Go(func() {
			s, err := dial(*host, fmt.Sprintf("127.%d.%d.%d", 10+i/50/250/250, i/50/250%250, 1+i/50%250), "")
			<-opening
			switch {
			case errors.Is(err, errRefused):
				w.refused.Add(1)
				return
			case err != nil:
				w.failed.Add(1)
				return
			}
			w.taken.Add(1)
			_ = s.conn.SetDeadline(end)
			w.attack(s, i, each)
		})
	}
	sending.Wait()
	return w
}

// attack is one hostile connection: silent, nonsense, conversations without end,
// pings that nobody reads the answers of, frames that are too big.
func (w *weather) attack(s *socket, i, each int) {
	kind := i % 5
	if kind == 0 {
		return // it stays open, and says nothing
	}
	if kind != 3 {
		go func() {
			for {
				if _, err := s.next(); err != nil {
					return
				}
			}
		}()
	}
	for n := range each {
		text := ""
		switch {
		case kind == 1:
			text = `{"type":"nonsense","data":` + strconv.Itoa(n) + `}`
		case kind == 2 && n == 0:
			text = `{"type":"init","data":{"name":"Bot","email":"bot` + strconv.Itoa(i) + `@flood.example","page":"/"}}`
		case kind == 2:
			text = `{"type":"message","data":{"message":"buy ` + strconv.Itoa(n) + `"}}`
		case kind == 3:
			text = `{"type":"ping"}`
		case n == 0:
			text = strings.Repeat("x", 70<<10)
		default:
			text = "nonsense"
		}
		if s.text(text) != nil {
			return // it was closed: 50 frames that cannot be read are enough
		}
		w.frames.Add(1)
	}
}

// lost has each honest visitor come back, and says what of their messages is
// missing from the conversation.
func lost(people []*person) error {
	missing, kept := 0, 0
	for _, p := range people {
		if p.trouble != nil {
			return fmt.Errorf("%s: %w", p.email, p.trouble)
		}
		texts, err := p.back()
		if err != nil {
			return fmt.Errorf("%s comes back: %w", p.email, err)
		}
		for i, want := range p.acked {
			if i >= len(texts) || texts[i] != want {
				missing++
			} else {
				kept++
			}
		}
	}
	fmt.Printf("honest messages: %d acked and kept in order, %d lost\n", kept, missing)
	if missing > 0 {
		return errors.New("messages were lost")
	}
	return nil
}

// delays are sorted.
type delays []time.Duration

// String shows what matters of them.
func (d delays) String() string {
	if len(d) == 0 {
		return "nothing was said"
	}
	at := func(q float64) time.Duration {
		return d[min(len(d)-1, int(q*float64(len(d))))].Round(100 * time.Microsecond)
	}
	return fmt.Sprintf("%d messages acked, p50 %v, p99 %v, worst %v", len(d), at(.5), at(.99), at(1))
}

// take collects what everybody measured since the last time.
func take(people []*person) (all delays) {
	for _, p := range people {
		p.mu.Lock()
		all = append(all, p.took...)
		p.took = nil
		p.mu.Unlock()
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}
