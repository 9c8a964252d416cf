package rest

import (
	"cmp"
	"maps"
)

// A park holds back requests that met a limit which no bucket shows: hidden sublimits (renames), shared limits (thread creation). After it ends one request tries, and the
// others follow when that succeeded: the times that Discord gives for such limits are rough.
type park struct {
	until int64
	probe uint64
	// exempt parks have a token in their key and are not made durable.
	exempt bool
}

// parkKey is a Kind, or for requests without one their method and route, and a resource. Major "*" is every resource.
type parkKey struct {
	kind          Kind
	method, route string
	major         string
}

func (k parkKey) compare(o parkKey) int {
	return cmp.Or(cmp.Compare(k.kind, o.kind), cmp.Compare(k.method, o.method), cmp.Compare(k.route, o.route), cmp.Compare(k.major, o.major))
}

// everyMajor stands for all resources in a parkKey.
const everyMajor = "*"

// A hint remembers which resource last met a hidden limit of a kind, to notice limits that are counted by the server and not by the resource in the path.
type hint struct {
	major string
	until int64
}

const (
	maxParks      = 4096
	parkForgetMs  = 10 * 60_000 // a park that nobody tried for so long after its end is forgotten
	resetPadMs    = 50          // clocks differ, and the last millisecond is rounded: discord.js waits as long
	longBlockMs   = 5000        // a block longer than this must outlive the process
	mostStreakMs  = 10 * 60_000 // the longest own wait after many 429s in a row
	streakFreeFor = 3           // so many 429s in a row are only answered with what Discord asks for
)

func keyOf(e *entryKey, kind Kind) parkKey {
	if kind != "" {
		return parkKey{kind: kind, major: e.major}
	}
	return parkKey{method: e.method, route: e.route, major: e.major}
}

// wide says whether limits of this kind are counted by something larger than the resource in the path.
// https://github.com/discord/discord-api-docs/issues/8082
func wide(kind Kind) bool { return kind == KindThreadCreate || kind == KindJoin }

func (s *Scheduler) parkedUntil(now int64, r *Request) int64 {
	key := keyOf(&entryKey{r.Method, r.Route, r.Major}, r.Kind)
	at := s.parks[key].openAt(now)
	if wide(r.Kind) {
		key.major = everyMajor
		at = max(at, s.parks[key].openAt(now))
	}
	return at
}

func (p *park) openAt(now int64) int64 {
	switch {
	case p == nil:
		return 0
	case now < p.until:
		return p.until
	case p.probe != 0:
		return now + answerWaitMs
	}
	return 0
}

// tryParks marks the request as the one that tries whether a limit is over.
func (s *Scheduler) tryParks(r *Request, number uint64) {
	key := keyOf(&entryKey{r.Method, r.Route, r.Major}, r.Kind)
	if p := s.parks[key]; p != nil {
		p.probe = number
	}
	key.major = everyMajor
	if p := s.parks[key]; p != nil {
		p.probe = number
	}
}

func (s *Scheduler) untryParks(e *entry, k int, number uint64) {
	key := keyOf(&e.key, e.kinds[k].kind)
	if p := s.parks[key]; p != nil && p.probe == number {
		p.probe = 0
	}
	key.major = everyMajor
	if p := s.parks[key]; p != nil && p.probe == number {
		p.probe = 0
	}
}

// unpark ends the parks that this request tried and passed.
func (s *Scheduler) unpark(now int64, e *entry, k int, number uint64) {
	key := keyOf(&e.key, e.kinds[k].kind)
	if p := s.parks[key]; p != nil && p.probe == number && now >= p.until {
		delete(s.parks, key)
	}
	key.major = everyMajor
	if p := s.parks[key]; p != nil && p.probe == number && now >= p.until {
		delete(s.parks, key)
	}
}

// park holds the request's kind on its resource back until a time. A second resource that meets the limit of a wide kind meanwhile shows that the limit is counted above
// them: then all resources are held back.
func (s *Scheduler) park(now int64, e *entry, k int, until int64, exempt bool) {
	kind := e.kinds[k].kind
	key := keyOf(&e.key, kind)
	if wide(kind) {
		every := key
		every.major = everyMajor
		if h, ok := s.hints[every]; ok && h.major != key.major && now < h.until {
			s.setPark(now, every, until, exempt)
		}
		s.hints[every] = hint{major: key.major, until: until}
	}
	s.setPark(now, key, until, exempt)
}

func (s *Scheduler) setPark(now int64, key parkKey, until int64, exempt bool) {
	if p := s.parks[key]; p != nil {
		p.until = max(p.until, until)
		return
	}
	if len(s.parks) >= maxParks {
		maps.DeleteFunc(s.parks, func(_ parkKey, p *park) bool { return now >= p.until })
		if len(s.parks) >= maxParks {
			key.major = everyMajor // so many resources at once: the limit is not theirs
			if p := s.parks[key]; p != nil {
				p.until = max(p.until, until)
				return
			}
		}
	}
	s.parks[key] = &park{until: until, exempt: exempt}
}

// streakWait is the own wait after many 429s in a row on one resource: a server that always asks for next to nothing must not be asked ever faster.
func (s *Scheduler) streakWait(limited int) int64 {
	if limited <= streakFreeFor {
		return 0
	}
	return s.backoff(limited-streakFreeFor, 1000, mostStreakMs)
}
