package chat

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"strings"

	"cloudflarechat/chat/records"
)

// maxUserIDBytes bounds the site's own name of a user.
const maxUserIDBytes = 128

// maxSessionBearers of a verified visitor's devices: of more, the oldest one's
// session id opens nothing any more.
const maxSessionBearers = 16

// SignIdentity is the hash by which a site vouches for a visitor until expires:
// HMAC-SHA-256 in hexadecimal over the e-mail address with A to Z in lower case, the user id
// where there is one, and the time in milliseconds, a line feed between them.
func SignIdentity(secret []byte, email, userID string, expires Time) string {
	text := plainAddress(email) + "\n"
	if userID != "" {
		text += userID + "\n"
	}
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(text + strconv.FormatInt(int64(expires), 10)))
	return hexOf(m.Sum(nil))
}

// plainAddress makes addresses alike that reach the same person: A to Z in lower
// case alone, which every language does alike. A dotted İ is no i.
func plainAddress(email string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r - 'A' + 'a'
		}
		return r
	}, strings.TrimSpace(email))
}

// identity is what an init frame's signature is worth.
type identity uint8

const (
	identityForged identity = iota
	identityExpired
	identityGood
)

// identityOf checks the signature of an init frame.
func (c *Config) identityOf(d initData, now Time) identity {
	email, ok := CheckEmail(d.Email)
	if !ok || len(c.IdentitySecret) == 0 || len(d.UserID) > maxUserIDBytes || cleanName(d.UserID) != d.UserID {
		return identityForged
	}
	if !sameText(SignIdentity(c.IdentitySecret, email, d.UserID, Time(d.HashExpires)), strings.ToLower(d.Hash)) {
		return identityForged
	}
	if Time(d.HashExpires) <= now {
		return identityExpired
	}
	return identityGood
}

// personKey names the person for whom a site vouches: by the user id where
// there is one, for addresses change.
func (s *Session) personKey(c *ConnState, d initData) Address {
	kind, who := "user", d.UserID
	if who == "" {
		kind, who = "email", plainAddress(d.Email)
	}
	return Address{KindRegistry, "person:" + encode(keyed(s.cfg.DataSecret, "person", c.Site, kind, who)[:18])}
}

// opens tells whether a session id opens this session. Each hash is compared,
// in constant time.
func (s *Session) opens(id SessionID) bool {
	hash := HashBearer(s.cfg.DataSecret, id)
	open := sameText(hash, s.rec.BearerHash)
	for _, b := range s.bearers {
		open = sameText(hash, b.Hash) || open
	}
	return open
}

// identify lets somebody in for whom the site vouches: into their session on
// every device. mine says that the client showed a session id that opens this
// session.
func (s *Session) identify(c *ConnState, d initData, raw []byte, mine bool) {
	key := s.personKey(c, d)
	if s.exists() && s.rec.Verified && s.rec.Person == key.Key {
		if mine {
			s.rename(d)
			s.restore(c, d)
		} else {
			s.letIn(c, d, raw)
		}
		return
	}
	if mine && s.asking() {
		s.close(c, CloseRestart) // nobody knows yet whether this session will be; the client comes again
		return
	}
	find := FindPerson{From: s.route, Conn: c.Conn}
	if !s.exists() || mine && s.mayBecome(d) {
		find.Offer = s.route
	}
	s.wait(c, PhaseFinding, raw)
	s.tell(key, find)
}

// mayBecome tells whether this session, begun by somebody unknown, may become a
// signed visitor's: only with the same e-mail address.
func (s *Session) mayBecome(d initData) bool {
	return !s.rec.Verified && (s.state() == SessionOpen || s.state() == SessionArchived) && !s.asking() &&
		plainAddress(d.Email) == plainAddress(s.rec.Email)
}

func (s *Session) personFound(e PersonFound) {
	c := s.conn(e.Conn)
	if c == nil || c.Phase != PhaseFinding {
		return
	}
	raw := c.Init
	d := initOf(raw)
	c.Phase, c.Init = PhaseNew, nil
	switch {
	case e.Route == s.route && !s.exists():
		s.begin(c, d, raw)
	case e.Route == s.route && s.rec.Verified && s.rec.Person == s.personKey(c, d).Key:
		s.letIn(c, d, raw)
	case e.Route == s.route && d.SessionID != "" && s.opens(SessionID(d.SessionID)) && s.mayBecome(d):
		s.become(c, d, raw)
	case c.Front != "":
		// A connection is handed on once. The client begins anew without its id.
		s.refuseInit(c, CodeEnded)
	case e.Route == s.route || e.Route == "":
		if e.Route != "" {
			s.tell(s.personKey(c, d), ReleasePerson{s.route})
		}
		s.frontTo(c, MintRoute(s.cfg.DataSecret, [16]byte(c.Random[:16])), raw)
	default:
		s.frontTo(c, e.Route, raw)
	}
}

// become makes this session a signed visitor's. Whoever knew its id until now
// may be somebody else, who planted it: the id is another from here on, and
// every other connection ends.
func (s *Session) become(c *ConnState, d initData, raw []byte) {
	s.tell(BearerKey(s.rec.BearerHash), ReleaseBearer{s.route})
	s.rec.BearerHash = HashBearer(s.cfg.DataSecret, mintSessionID(s.cfg.DataSecret, c.Random))
	s.rec.Verified, s.rec.Person = true, s.personKey(c, d).Key
	s.rec.NewsAtMs = 0 // the team is told
	s.saveRec = true
	for _, o := range append([]*ConnState(nil), s.conns...) {
		if o != c && (o.Phase == PhaseReady || o.Phase == PhaseBinding) {
			s.close(o, CloseSuperseded)
		}
	}
	s.wait(c, PhaseBinding, raw)
	s.bind()
}

// letIn gives a further device of a verified visitor a session id of its own.
func (s *Session) letIn(c *ConnState, d initData, raw []byte) {
	if st := s.state(); st == SessionBlocked || st == SessionEnded || c.Random == [32]byte{} {
		s.restore(c, d)
		return
	}
	s.rename(d)
	b := &records.SessionBearer{Key: int64(len(s.bearers)), AtMs: int64(s.now),
		Hash: HashBearer(s.cfg.DataSecret, mintSessionID(s.cfg.DataSecret, c.Random))}
	if len(s.bearers) < maxSessionBearers {
		s.bearers = append(s.bearers, b)
	} else {
		oldest := 0
		for i, o := range s.bearers {
			if o.AtMs < s.bearers[oldest].AtMs {
				oldest = i
			}
		}
		s.tell(BearerKey(s.bearers[oldest].Hash), ReleaseBearer{s.route})
		b.Key = s.bearers[oldest].Key
		s.bearers[oldest] = b
	}
	s.extraRows = append(s.extraRows, b.Row())
	s.wait(c, PhaseBinding, raw)
	s.tell(BearerKey(b.Hash), BindBearer{s.route})
}

// rename takes the name over that the site gives a verified visitor.
func (s *Session) rename(d initData) {
	if name, ok := checkName(d.Name); ok && name != s.rec.Name {
		s.rec.Name, s.saveRec = name, true
	}
	switch email, ok := CheckEmail(d.Email); {
	case !ok:
	case email == s.rec.Email:
		s.newEmail = ""
	default:
		s.newEmail = email
		s.tell(EmailKey(HashEmail(s.cfg.DataSecret, s.rec.Site, email)), NoteEmail{Route: s.route})
	}
}

// emailNoted takes a new address over once its registry leads to this session:
// whoever asks for a person's data finds it under the one or the other, always.
func (s *Session) emailNoted(e EmailNoted) {
	if s.newEmail != "" && HashEmail(s.cfg.DataSecret, s.rec.Site, s.newEmail) == e.Email {
		s.rec.Email, s.newEmail, s.saveRec = s.newEmail, "", true
	}
}

// email is the visitor's address, as they know it.
func (s *Session) email() string {
	if s.newEmail != "" {
		return s.newEmail
	}
	return s.rec.Email
}

// release makes the registry forget every way into this session.
func (s *Session) release() {
	if s.rec.BearerHash != "" {
		s.tell(BearerKey(s.rec.BearerHash), ReleaseBearer{s.route})
	}
	for _, b := range s.bearers {
		s.tell(BearerKey(b.Hash), ReleaseBearer{s.route})
	}
	if s.rec.Person != "" {
		s.tell(Address{KindRegistry, s.rec.Person}, ReleasePerson{s.route})
	}
}

// findPerson answers which session is a person's; where there is none, the one
// that asks becomes it.
func (r *Registry) findPerson(e FindPerson) {
	if r.found == nil && e.Offer != "" {
		r.found = &records.Person{Route: string(e.Offer), AtMs: int64(r.now)}
		r.save(r.found)
	}
	answer := PersonFound{Conn: e.Conn}
	if r.found != nil {
		answer.Route = Route(r.found.Route)
	}
	r.tell(SessionAt(e.From), answer)
}

// hexOf writes bytes in hexadecimal. The library that does it brings package fmt
// along, which the edge would carry for this line alone.
func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 2*len(b))
	for _, c := range b {
		out = append(out, digits[c>>4], digits[c&15])
	}
	return string(out)
}
