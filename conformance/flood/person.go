package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// person is one honest visitor, at an address of their own.
type person struct {
	number           int
	email, source    string
	sessionID, route string
	acked            []string
	trouble          error

	mu   sync.Mutex
	took delays
}

func newPerson(i int) *person {
	return &person{number: i, email: fmt.Sprintf("honest%d@visitor.example", i), source: fmt.Sprintf("127.2.0.%d", 1+i%250)}
}

// talk says something every second until stop, and waits for each ack.
func (p *person) talk(stop <-chan struct{}) {
	s, err := dial(*host, p.source, "")
	if err != nil {
		p.trouble = err
		return
	}
	defer s.conn.Close()
	if err := s.text(`{"type":"init","data":{"name":"Honest","email":"` + p.email + `","page":"/","since":0}}`); err != nil {
		p.trouble = err
		return
	}
	ready, err := p.wait(s, "ready", "")
	if err != nil {
		p.trouble = err
		return
	}
	p.sessionID, p.route = ready.Data.SessionID, ready.Data.Route
	// They do not all speak at once.
	wait(*every * time.Duration(p.number) / time.Duration(*honest))
	tick := time.NewTicker(*every)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		text, id := fmt.Sprintf("message %d of %s", n, p.email), fmt.Sprintf("m%d", n)
		began := time.Now()
		if err := s.text(`{"type":"message","data":{"message":"` + text + `","id":"` + id + `"}}`); err != nil {
			p.trouble = err
			return
		}
		if _, err := p.wait(s, "ack", id); err != nil {
			p.trouble = err
			return
		}
		p.acked = append(p.acked, text)
		p.mu.Lock()
		p.took = append(p.took, time.Since(began))
		p.mu.Unlock()
	}
}

// back returns to the conversation and gives what this visitor said in it.
func (p *person) back() ([]string, error) {
	s, err := dial(*host, p.source, p.route)
	if err != nil {
		return nil, err
	}
	defer s.conn.Close()
	if err := s.text(`{"type":"init","data":{"sessionId":"` + p.sessionID + `","since":0}}`); err != nil {
		return nil, err
	}
	if _, err := p.wait(s, "ready", ""); err != nil {
		return nil, err
	}
	said := map[int64]string{}
	for before := int64(len(p.acked)) + 1_000_000; ; {
		if err := s.text(fmt.Sprintf(`{"type":"history","data":{"before":%d,"limit":50}}`, before)); err != nil {
			return nil, err
		}
		page, err := p.wait(s, "history", "")
		if err != nil {
			return nil, err
		}
		for _, m := range page.Data.Messages {
			before = min(before, m.Seq)
			if m.From == "visitor" {
				said[m.Seq] = m.Message
			}
		}
		if len(page.Data.Messages) == 0 || before <= 1 {
			break
		}
	}
	var texts []string
	for _, seq := range slices.Sorted(maps.Keys(said)) {
		texts = append(texts, said[seq])
	}
	return texts, nil
}

// wait reads until a frame of a type comes.
func (p *person) wait(s *socket, kind, id string) (frame, error) {
	if err := s.conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return frame{}, err
	}
	for {
		f, err := s.next()
		if err != nil {
			return f, fmt.Errorf("waiting for %s: %w", kind, err)
		}
		if f.Type == "error" {
			return f, errors.New("refused: " + f.Data.Code)
		}
		if f.Type == kind && f.Data.ID == id {
			return f, nil
		}
	}
}
