package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"cloudflarechat/discordsim"
	"cloudflarechat/discordsim/world"
)

// stand is the stand-in for Discord behind a network that takes its time, and what came in there.
type stand struct {
	sim    *discordsim.Server
	http   *http.Server
	served chan struct{}
	origin string
	jitter time.Duration

	mu    sync.Mutex
	begun time.Time // of what is measured; zero: nothing is
	meter meter
	// hello are the conversations whose first post came.
	hello map[int]bool
}

// meter is what came in while it was measured.
type meter struct {
	requests int // of the bot, whatever the answer
	limited  map[string]int
	posts    int
	said     map[token]time.Time
	arrived  map[token]time.Time
	doubled  int
}

// token names a message in its text.
type token struct{ conversation, message int }

func (t token) String() string { return fmt.Sprintf("visitor %d, word %d", t.conversation, t.message) }

var tokens = regexp.MustCompile(`visitor (\d+), word (\d+)`)

// generous are the limits of the time in which the threads are opened: Discord's own would take a quarter of an hour for 900.
var generous = world.Bucket{Limit: 500, WindowMs: 1000}

func newStand(sliding bool, jitter time.Duration) (*stand, error) {
	s := &stand{jitter: jitter, hello: map[int]bool{}, served: make(chan struct{})}
	s.sim = discordsim.New(discordsim.Options{World: world.Config{Inspect: s.inspect, Limits: world.Limits{
		GlobalSliding: sliding, Buckets: map[string]world.Bucket{"message.create": generous, "thread.create": generous}}}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.origin = "http://" + l.Addr().String()
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve), ReadHeaderTimeout: 10 * time.Second}
	go func() {
		defer close(s.served)
		_ = s.http.Serve(l) // ends with close
	}()
	return s, nil
}

func (s *stand) close() {
	s.sim.Close()
	_ = s.http.Close()
	<-s.served
}

// serve lets a request of the API and its answer each take up to the jitter longer than they would.
func (s *stand) serve(rw http.ResponseWriter, r *http.Request) {
	if s.jitter == 0 || !strings.HasPrefix(r.URL.Path, "/api/") {
		s.sim.ServeHTTP(rw, r)
		return
	}
	s.pause(r.Context())
	w := &late{ResponseWriter: rw, wait: func() { s.pause(r.Context()) }}
	s.sim.ServeHTTP(w, r)
}

func (s *stand) pause(ctx context.Context) {
	t := time.NewTimer(time.Duration(rand.Int64N(int64(s.jitter) + 1)))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// late waits before the answer begins.
type late struct {
	http.ResponseWriter
	wait func()
}

func (l *late) WriteHeader(status int) {
	l.wait()
	l.ResponseWriter.WriteHeader(status)
}

// threads makes so many threads, as a person of the team would.
func (s *stand) threads(n int) (ids []string, err error) {
	s.sim.Do(func(now int64, w *world.World) {
		for i := range n {
			var m world.MessageID
			if m, err = w.Post(now, "Ada Lovelace", w.SupportChannel(), "New conversation"); err != nil {
				return
			}
			res := w.REST(now, world.Request{Method: "POST", Path: "/api/v10/channels/" + w.SupportChannel().String() + "/messages/" + m.String() + "/threads",
				Authorization: "User Ada", ContentType: "application/json", Body: []byte(`{"name":"Support ` + strconv.Itoa(i) + `"}`)})
			if res.Status != http.StatusCreated {
				err = fmt.Errorf("the stand-in made no thread: %d %s", res.Status, res.Body)
				return
			}
			ids = append(ids, m.String())
		}
	})
	return ids, err
}

// begin sets Discord's own limits, waits until nothing of before counts, and begins to measure.
func (s *stand) begin() {
	s.sim.Do(func(now int64, w *world.World) {
		for _, name := range []string{"message.create", "thread.create"} {
			w.SetLimit(now, name, world.Buckets()[name])
		}
	})
	time.Sleep(10 * time.Second)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun = time.Now()
	s.meter = meter{limited: map[string]int{}, said: map[token]time.Time{}, arrived: map[token]time.Time{}}
}

// end gives what was measured.
func (s *stand) end() (meter, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m, took := s.meter, time.Since(s.begun)
	s.begun = time.Time{}
	return m, took
}

// says notes that a visitor sends a message now.
func (s *stand) says(t token) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.begun.IsZero() {
		s.meter.said[t] = time.Now()
	}
}

// inspect sees every request and its answer.
func (s *stand) inspect(q world.Request, r world.Response) {
	if strings.HasPrefix(q.Authorization, "User ") {
		return
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	post := q.Method == http.MethodPost && strings.HasSuffix(q.Path, "/messages") && r.Status == http.StatusOK
	if post {
		for _, t := range tokensIn(q.Body) {
			s.hello[t.conversation] = true
		}
	}
	if s.begun.IsZero() {
		return
	}
	s.meter.requests++
	if r.Status == http.StatusTooManyRequests {
		s.meter.limited[r.Header["X-RateLimit-Scope"]]++
	}
	if !post {
		return
	}
	s.meter.posts++
	for _, t := range tokensIn(q.Body) {
		if _, said := s.meter.said[t]; !said {
			continue
		}
		if _, twice := s.meter.arrived[t]; twice {
			s.meter.doubled++
			continue
		}
		s.meter.arrived[t] = now
	}
}

func tokensIn(body []byte) (list []token) {
	for _, m := range tokens.FindAllSubmatch(body, -1) {
		conversation, _ := strconv.Atoi(string(m[1])) // digits alone
		message, _ := strconv.Atoi(string(m[2]))
		list = append(list, token{conversation, message})
	}
	return list
}

// greeted is how many conversations have had a post.
func (s *stand) greeted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.hello)
}
