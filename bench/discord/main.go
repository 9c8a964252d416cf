// Command discord measures how much of Discord's budget reaches the team under three times the load that it allows, beside one post a message
// through the queue of discord.js, on the same stand-in, network and load, in real time:
//
//	go run ./bench/discord [-duration 5m] [-conversations 900] [-rate 10] [-jitter 100ms] [-window fixed|sliding|both] [-side ours|peer|both]
//
// Ours is the real binary with visitors on WebSockets. The order of the two is swapped from one window to the other. It ends with 1 where
// ours does not keep a promise: 90 % of the budget used, below one in 1,000 requests answered 429, no conversation's p99 above three times
// the median one's, no message twice, and more delivered than by the other.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// load is what visitors do.
type load struct {
	conversations int
	// every is how long a visitor waits between two messages.
	every    time.Duration
	duration time.Duration
	jitter   time.Duration
}

// sender brings messages to the stand-in, one way or the other.
type sender interface {
	// say sends a visitor's message.
	say(t token, text string) error
	// stop ends it and gives the processor time that it took.
	stop() time.Duration
}

func main() {
	var l load
	flag.IntVar(&l.conversations, "conversations", 900, "how many visitors talk at once, each in a thread")
	rate := flag.Float64("rate", 10, "messages a minute and visitor")
	flag.DurationVar(&l.duration, "duration", 5*time.Minute, "how long each run is measured")
	flag.DurationVar(&l.jitter, "jitter", 100*time.Millisecond, "up to how much longer each way of the network takes")
	window := flag.String("window", "both", "the global limit's window: fixed, sliding or both")
	side := flag.String("side", "both", "who is measured: ours, peer or both")
	binary := flag.String("binary", "", "our binary; built where empty")
	flag.Parse()
	l.every = time.Duration(float64(time.Minute) / *rate)
	if err := run(l, *window, *side, *binary); err != nil {
		fmt.Fprintf(os.Stderr, "bench discord: %v\n", err)
		os.Exit(1)
	}
}

func run(l load, window, side, binary string) error {
	dir, err := os.MkdirTemp("", "bench-discord-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if binary == "" && side != "peer" {
		binary = filepath.Join(dir, "cloudflare-chat")
		if err := build(binary); err != nil {
			return err
		}
	}
	fmt.Printf("%d conversations with a message every %s, up to %s more each way, %s a run\n\n", l.conversations, l.every, l.jitter, l.duration)
	var broken []string
	for _, sliding := range []bool{false, true} {
		if sliding && window == "fixed" || !sliding && window == "sliding" {
			continue
		}
		order := []string{"ours", "peer"}
		if sliding {
			order = []string{"peer", "ours"}
		}
		results := map[string]*figures{}
		for _, who := range order {
			if side != "both" && side != who {
				continue
			}
			f, err := measure(l, who, sliding, binary, dir)
			if err != nil {
				return fmt.Errorf("%s: %w", who, err)
			}
			fmt.Println(f)
			results[who] = f
		}
		ours, peer := results["ours"], results["peer"]
		if ours != nil {
			broken = append(broken, ours.broken()...)
		}
		if ours != nil && peer != nil {
			ratio := ours.delivered() / max(peer.delivered(), .001)
			fmt.Printf("delivered: %.1f times as many messages\n\n", ratio)
			if ratio <= 1 {
				broken = append(broken, "the other delivered as many messages")
			}
		}
	}
	for _, b := range broken {
		fmt.Println("NOT KEPT:", b)
	}
	if len(broken) > 0 {
		return fmt.Errorf("%d promises were not kept", len(broken))
	}
	return nil
}

// names of the two, for people.
var names = map[string]string{"ours": "cloudflare-chat", "peer": "discord.js, one post a message"}

func measure(l load, who string, sliding bool, binary, dir string) (*figures, error) {
	s, err := newStand(sliding, l.jitter)
	if err != nil {
		return nil, err
	}
	defer s.close()
	var to sender
	if who == "ours" {
		to, err = newOurs(s, l, binary, dir)
	} else {
		to, err = newPeer(s, l)
	}
	if err != nil {
		return nil, err
	}
	s.begin()
	end, err := talk(s, l, to)
	if err != nil {
		to.stop()
		return nil, err
	}
	m, took := s.end()
	f := figuresOf(names[who], sliding, m, took, end)
	f.cpu = to.stop()
	return f, nil
}

// talk lets the visitors talk, spread evenly and in an order of their own, and gives when it ended.
func talk(s *stand, l load, to sender) (time.Time, error) {
	order := rand.New(rand.NewPCG(1, 2)).Perm(l.conversations)
	step := l.every / time.Duration(l.conversations)
	begun := time.Now()
	end := begun.Add(l.duration)
	for n := 0; ; n++ {
		at := begun.Add(time.Duration(n) * step)
		if !at.Before(end) {
			time.Sleep(time.Until(end))
			return time.Now(), nil
		}
		time.Sleep(time.Until(at))
		t := token{order[n%l.conversations], n/l.conversations + 1}
		s.says(t)
		if err := to.say(t, text(t)); err != nil {
			return end, err
		}
	}
}

// text is what a visitor may write.
func text(t token) string {
	return fmt.Sprintf("Hello, this is %s: I cannot find where to change the address of my order, can you help me?", t)
}
