package chat

import (
	"slices"
	"strconv"
	"strings"

	"cloudflarechat/chat/records"
)

// The states of a conversation's admission: whether the internet address that
// it comes from may begin one more. Their numbers are on disk.
const (
	// admissionFree: nothing was said yet, or nobody knows the address.
	admissionFree int64 = iota
	// admissionAsking: the first messages are durable, but neither acked nor
	// posted.
	admissionAsking
	// admissionGiven: the conversation counts.
	admissionGiven
)

func (s *Session) asking() bool { return s.rec.Admission == admissionAsking }

// askAdmission asks the registry of the address. It is asked again after a
// silence.
func (s *Session) askAdmission() {
	if s.admissionTold != 0 && s.now-s.admissionTold < retryAfter && s.now >= s.admissionTold {
		return
	}
	s.admissionTold = s.now
	ask := AdmitSession{Route: s.route, Strict: s.rec.Unchecked}
	_, keys := readAddress(s.rec.Address)
	if s.addressBefore != "" {
		ask.Next = keys[0]
		s.tell(Address{KindRegistry, s.addressBefore}, ask)
		return
	}
	s.tell(Address{KindRegistry, keys[0]}, ask)
}

// beginAdmission is called before the first message of a conversation is
// taken; it is false where it was refused a moment ago.
func (s *Session) beginAdmission(c *ConnState, id string) bool {
	if s.lastSeq() > 0 || s.rec.Admission != admissionFree {
		return true
	}
	if s.now < s.refusedUntil {
		s.fail(c, CodeTooManySessions, id, s.refusedUntil-s.now)
		return false
	}
	address := s.addressFrom(c.RemoteIP)
	if address == "" {
		return true
	}
	s.rec.Admission, s.rec.Address, s.saveRec = admissionAsking, address, true
	s.admissionTold, s.addressBefore = 0, ""
	if s.now%Day < Hour {
		before, _ := AddressKey(s.cfg.DataSecret, c.RemoteIP, s.now-Day)
		s.addressBefore = before.Key
	}
	return true
}

// sessionAdmitted acks what was said meanwhile, or takes it back.
func (s *Session) sessionAdmitted(e SessionAdmitted) {
	if !s.asking() {
		return
	}
	if e.Code != "" {
		s.refuseSession(e.Code, e.Until)
		return
	}
	s.rec.Admission, s.saveRec = admissionGiven, true
	for _, c := range s.conns {
		if c.Phase != PhaseReady {
			continue
		}
		for _, m := range s.msgs {
			switch {
			case slices.Contains(c.Owed, m.Seq):
				if m.ClientID != "" {
					s.send(c, frame("ack", ackOut{ID: m.ClientID, Seq: m.Seq, Timestamp: Time(m.AtMs)}))
				}
			case !c.Base || m.Seq > c.SentSeq: // one of the base that comes again has shown what it sent
				s.deliver(c, m)
			}
			c.SentSeq = max(c.SentSeq, m.Seq)
		}
		c.Owed = nil
		s.attach(c)
	}
}

// owe notes that a connection waits for the ack of a message.
func (s *Session) owe(c *ConnState, m *records.Message) {
	if !slices.Contains(c.Owed, m.Seq) {
		c.Owed = append(c.Owed, m.Seq)
		s.attach(c)
	}
}

// refuseSession takes back what was said and not acked: the client keeps it,
// and may try again later.
func (s *Session) refuseSession(code Code, until Time) {
	refused := s.msgs
	s.takeBack()
	wait := Time(0)
	if code == CodeTooManySessions {
		s.refusedUntil, wait = until, max(0, until-s.now)
	}
	for _, c := range append([]*ConnState(nil), s.conns...) {
		if c.Phase != PhaseReady {
			continue
		}
		for _, m := range refused {
			s.fail(c, code, m.ClientID, wait)
		}
		if code == CodeBlocked {
			s.close(c, CloseBlocked)
		}
	}
}

// takeBack forgets messages that were never acked.
func (s *Session) takeBack() {
	for _, m := range s.msgs {
		s.extraRows = append(s.extraRows, Row{Table: records.TableMessage, Key: m.Seq, Delete: true})
	}
	s.msgs, s.special, s.saveMsgs = nil, 0, nil
	s.rec.Admission, s.rec.Address, s.saveRec = admissionFree, "", true
	for _, c := range s.conns {
		c.SentSeq, c.SettledSeq, c.Owed = 0, 0, nil
		s.attach(c)
	}
}

// maxAddressDays bounds for how many days a conversation knows the keys of its
// visitor's address: a block of somebody who is away reaches no further.
const maxAddressDays = 8

// addressFrom is the address that a visitor is known by while away: the number
// of the day, and the keys of that day and of those that a block would reach.
// Nobody can find them out later, for the address itself is not kept.
func (s *Session) addressFrom(ip string) string {
	var words []string
	days := 1
	if s.cfg.BlockAddressFor > 0 { // it may come the next day
		days = int(min(maxAddressDays, 2+(s.cfg.BlockAddressFor+Day-1)/Day))
	}
	for d := range days {
		key, ok := AddressKey(s.cfg.DataSecret, ip, s.now+Time(d)*Day)
		if !ok {
			return ""
		}
		words = append(words, key.Key)
	}
	return strconv.FormatInt(int64(s.now/Day), 10) + " " + strings.Join(words, " ")
}

// readAddress gives the first day and the keys of what addressFrom wrote.
func readAddress(address string) (day Time, keys []string) {
	keys = strings.Fields(address)
	if len(keys) < 2 {
		return 0, keys // written before there was more than one
	}
	n, err := strconv.ParseInt(keys[0], 10, 64)
	if err != nil {
		panic("chat: the address of a session begins with no day")
	}
	return Time(n), keys[1:]
}

// comesFrom notes where a visitor is now, at most once a day and address.
func (s *Session) comesFrom(ip string) {
	if s.rec.Admission != admissionGiven {
		return
	}
	if now := s.addressFrom(ip); now != "" && now != s.rec.Address {
		s.rec.Address, s.saveRec = now, true
	}
}

// blockAway keeps the address that a visitor last came from from beginning
// conversations.
func (s *Session) blockAway() {
	day, keys := readAddress(s.rec.Address)
	for i, key := range keys {
		if at := day + Time(i); day == 0 || s.now/Day <= at && at <= Time(s.rec.BlockedUntilMs)/Day {
			s.tell(Address{KindRegistry, key}, BlockAddress{Time(s.rec.BlockedUntilMs)})
		}
	}
}

// blockAddress keeps the address of a blocked visitor's connection from
// beginning conversations: the key of each day is another.
func (s *Session) blockAddress(ip string) {
	until := Time(s.rec.BlockedUntilMs)
	for at := s.now; at < until+Day; at += Day {
		if key, ok := AddressKey(s.cfg.DataSecret, ip, min(at, until)); ok {
			s.tell(key, BlockAddress{until})
		}
	}
}

// block ends the conversation for good on an agent's order, and shuts the
// addresses that the visitor is known by for a while.
func (s *Session) block() {
	s.setState(SessionBlocked)
	if s.cfg.BlockAddressFor > 0 {
		s.rec.BlockedUntilMs = int64(s.now + s.cfg.BlockAddressFor)
		s.blockAway()
		done := map[string]bool{}
		for _, c := range s.conns {
			if !done[c.RemoteIP] {
				done[c.RemoteIP] = true
				s.blockAddress(c.RemoteIP)
			}
		}
	}
	s.toAll(errorFrame(CodeBlocked, "", 0), nil)
	s.closeAll(CloseBlocked)
}

// ackedSeq is the newest message that a client may know of.
func (s *Session) ackedSeq() int64 {
	if s.asking() {
		return 0
	}
	return s.lastSeq()
}
