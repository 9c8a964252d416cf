package chat

import (
	"sort"
	"strings"

	"cloudflarechat/chat/records"
)

// SessionState is how far a session has come.
type SessionState int64

// The states of a session. Their numbers are on disk.
const (
	// SessionNone: nobody has begun a conversation here.
	SessionNone SessionState = iota
	// SessionBinding: begun; the registry does not know the session id yet.
	SessionBinding
	// SessionOpen: the visitor may talk.
	SessionOpen
	// SessionArchived: the grace is over; a return takes it up again.
	SessionArchived
	// SessionEnded: the visitor ended it.
	SessionEnded
	// SessionBlocked: an agent blocked the visitor.
	SessionBlocked
)

// Sender is who wrote a message. Its numbers are on disk.
type Sender int64

// The senders.
const (
	SenderVisitor Sender = iota + 1
	SenderAgent
	SenderSystem
)

// MessageState is how far a visitor's message has come. Its numbers are on
// disk. A message below the watermark of the posts is delivered although its
// row still says waiting: no row is written for that.
type MessageState int64

// The states of a visitor's message.
const (
	MessageWaiting MessageState = iota
	// MessageFailed: the desk will not take it; Code says why.
	MessageFailed
	// MessageRetry: the visitor asked to try a failed one again.
	MessageRetry
	// MessageDelivered: a retry arrived.
	MessageDelivered
	// MessageAside is an agent's post that does not stand in the session's
	// thread: an answer to the opening post, or one in an earlier thread.
	MessageAside
)

// Session is the actor that holds one visitor's conversation.
type Session struct {
	cfg   *Config
	route Route

	rec   records.Session
	msgs  []*records.Message // the newest, ascending
	posts []*records.Post    // the parts of the post in flight or last arrived
	conns []*ConnState
	// bearers are the session ids of a verified visitor's further devices.
	bearers []*records.SessionBearer
	timer   Time

	// What follows is derived, so that a step costs the same in a long
	// conversation as in a short one.

	newest  MessageID // the newest post of an agent that was taken
	here    MessageID // the newest of them that does not stand aside
	special int       // messages that failed or are to be tried again

	// What follows is memory only: losing it costs a repeat, never a message.

	// announced: the desk knows that something is ready here.
	announced bool
	// handed is the key of the call that was handed over last, callAt when;
	// handedAt is when the desk was last told anything.
	handed           string
	callAt, handedAt Time
	// handedLow: what the desk was told of last is nothing that a person waits for.
	handedLow bool
	// busyUntil is until when the desk is taken to have no slot at once.
	busyUntil Time
	// attempts of the current part: see hand.
	firstTry Time
	doubt    bool
	// refusals are the posts that were refused last.
	refusals []refusal
	// page is one of a reading that waits for which of its posts were taken before.
	page *page
	// looking is the key of a part that was refused while an earlier attempt was in
	// doubt: it is looked for. Messages up to alone are posted one by one, for the
	// desk refused them together.
	looking string
	alone   int64
	// told is when a registry was last asked what thread state needs.
	told Time
	// readAgain: posts came while reading; read once more.
	readAgain bool
	reading   bool
	// stale: what is being read may be older than an edit that it was to show.
	stale bool
	// readFrom and readAfter are what is being read.
	readFrom  ThreadID
	readAfter MessageID
	// lostFronts are connections that an earlier life of this actor wrote to.
	lostFronts []string
	// before are the epochs in which earlier threads were read.
	before map[ThreadID]MessageID
	// goneLater is a thread that is gone once what is on its way there has
	// arrived, and the registry knows whose it is.
	goneLater ThreadID
	// yielder gave up the thread that is being reserved.
	yielder Route
	// finding is how many frames of a connection wait for what is looked up, and
	// old are messages that were looked up.
	finding map[ConnID]int
	old     []*records.Message
	// changed are posts that were edited while reading: the page may be older
	// than that.
	changed []MessageID
	// holdUntil: nothing is frozen before. readHold: nothing is read before.
	holdUntil   Time
	readHold    Time
	seenSavedAt Time
	typedAt     Time
	typing      bool
	// listenedAt is when the host last said which connections it has heard of.
	listenedAt Time
	// admissionTold is when the address's registry was last asked, refusedUntil
	// until when it would say no again.
	admissionTold, refusedUntil Time
	// newEmail is an address whose registry is being told of this session.
	newEmail string
	// addressBefore is yesterday's key of the address, in the first hour of a day.
	addressBefore string

	// The step under way.
	now       Time
	out       []Effect
	saveRec   bool
	saveMsgs  []*records.Message
	savePosts []*records.Post
	extraRows []Row
	erased    bool
	setTimer  bool
}

// NewSession rebuilds the session at route. cfg must have been filled.
func NewSession(cfg *Config, route Route, restore Restore) *Session {
	s := &Session{cfg: cfg, route: route, timer: restore.Timer}
	for _, row := range restore.Rows {
		switch row.Table {
		case records.TableSession:
			s.rec = *records.SessionOf(row)
		case records.TableMessage:
			s.learn(records.MessageOf(row))
		case records.TablePost:
			s.posts = append(s.posts, records.PostOf(row))
		case records.TableSessionBearer:
			s.bearers = append(s.bearers, records.SessionBearerOf(row))
		}
	}
	sort.Slice(s.msgs, func(i, j int) bool { return s.msgs[i].Seq < s.msgs[j].Seq })
	sort.Slice(s.posts, func(i, j int) bool { return s.posts[i].Part < s.posts[j].Part })
	sort.Slice(s.bearers, func(i, j int) bool { return s.bearers[i].Key < s.bearers[j].Key })
	// Rows of an earlier, longer post lie behind those of the last one.
	if len(s.posts) > 0 && int64(len(s.posts)) > s.posts[0].Parts {
		s.posts = s.posts[:s.posts[0].Parts]
	}
	for i := range restore.Conns {
		c := restore.Conns[i]
		s.conns = append(s.conns, &c)
	}
	s.lostFronts = strings.Fields(s.rec.Fronts)
	// Nobody remembers whether the post in flight left, nor whether the clock was
	// set back since: it is looked for.
	if p := s.part(); p != nil {
		s.firstTry, s.doubt = 1, true
		if defectReannounce && PostKind(p.Kind) == PostOpening {
			p.State = int64(PostDropped)
		}
	}
	return s
}

// Step implements [Actor].
func (s *Session) Step(now Time, event Event) []Effect {
	back := now < s.now-Second
	s.now, s.out = now, nil
	if lost(s.timer, now) {
		s.timer = 0
	}
	s.saveRec, s.saveMsgs, s.savePosts, s.erased, s.setTimer = false, nil, nil, false, false
	s.extraRows = nil
	if back {
		s.clockBack()
	}
	if _, answer := event.(FrontClosed); !answer { // an answer that asks again would feed itself
		s.closeLostFronts()
	}
	s.handle(event)
	if !s.erased {
		s.pump()
		s.schedule()
	}
	return s.effects()
}

// clockBack forgets what was measured by a clock that has been set back since:
// nothing may rest until that time comes again, and nobody knows how long ago a
// post left.
func (s *Session) clockBack() {
	s.told, s.admissionTold, s.handedAt, s.holdUntil, s.readHold, s.refusedUntil, s.seenSavedAt, s.typedAt, s.listenedAt = 0, 0, 0, 0, 0, 0, 0, 0, 0
	if s.firstTry != 0 {
		s.firstTry = 1
	}
	for _, c := range append([]*ConnState(nil), s.conns...) {
		c.AskedAt = min(c.AskedAt, s.now)
		c.fullAt = [pacedKinds]Time{}
		// When such a client was last heard of is a time of the old clock, when
		// something was written to it soon one of the new: nobody could tell what
		// it has. It comes back and says so.
		if c.Phase == PhaseReady && c.Base {
			s.close(c, CloseRestart)
		}
	}
}

func (s *Session) handle(event Event) {
	switch e := event.(type) {
	case ConnOpened:
		s.open(e, "")
	case FrameReceived:
		if c := s.conn(e.Conn); c != nil {
			s.frame(c, e.Data, e.Binary)
		} else {
			s.emit(CloseConn{e.Conn, CloseDropped})
		}
	case ConnClosed:
		s.gone(e.Conn, e.Heard, e.Clean)
	case TimerFired:
		s.fire(e)
	case ConnsHeard:
		s.sweep(e.Heard)
	case TurnstileVerified:
		s.verified(e)
	case HistoryLoaded:
		s.historyLoaded(e)
	case MessagesFound:
		s.messagesFound(e)
	case FrontFrame:
		s.frontFrame(e)
	case FrontClosed:
		// Clean says nothing of what was still on its way to the one that held it.
		s.gone(frontConn(e.Front, e.Conn), e.Heard, false)
	case FrontSend:
		s.frontSend(e)
	case FrontClose:
		if c := s.conn(e.Conn); c != nil && c.Target == e.From {
			s.close(c, e.Close)
		} else {
			s.tell(SessionAt(e.From), FrontClosed{Front: s.route, Conn: e.Conn})
		}
	case BearerBound:
		s.bound(e)
	case BearerFound:
		s.bearerFound(e)
	case ThreadClaimed:
		s.threadClaimed(e)
	case EmailNoted:
		s.emailNoted(e)
	case AskYield:
		s.askYield(e)
	case ThreadReserved:
		s.threadReserved(e)
	case ThreadOwned:
		s.threadOwned(e)
	case ThreadNoted:
		s.threadNoted(e)
	case ThreadNews:
		s.news(e)
	case DeskPull:
		s.pulled(e)
	case DeskDone:
		s.deskDone(e)
	case DeskDelayed:
		s.delayed(e)
	case PersonFound:
		s.personFound(e)
	case SessionAdmitted:
		s.sessionAdmitted(e)
	case AskAlive:
		s.tellAlive(e)
	case EndSession:
		s.forget(e)
	default:
		panic("chat: a session was given " + event.EventName())
	}
}

// effects puts the rows of the step first, then the rest in order.
func (s *Session) effects() []Effect {
	if s.erased {
		return append([]Effect{Erase{}}, s.out...)
	}
	var rows []Row
	if s.saveRec {
		s.rec.NewestAgent = string(s.newestAgent())
		rows = append(rows, s.rec.Row())
	}
	for _, m := range s.saveMsgs {
		rows = append(rows, m.Row())
	}
	for _, p := range s.savePosts {
		rows = append(rows, p.Row())
	}
	rows = append(rows, s.extraRows...)
	var all []Effect
	if len(rows) > 0 {
		all = append(all, Save{rows})
	}
	if s.setTimer {
		all = append(all, SetTimer{s.timer})
	}
	return append(all, s.out...)
}

func (s *Session) emit(e Effect) { s.out = append(s.out, e) }

func (s *Session) tell(to Address, e Event) { s.emit(Tell{to, e}) }

func (s *Session) count(m Metric, label string, v float64) {
	s.emit(Count{Metric: m, Label: label, Value: v})
}

func (s *Session) state() SessionState { return SessionState(s.rec.State) }

func (s *Session) exists() bool { return s.state() != SessionNone }

func (s *Session) setState(st SessionState) {
	s.noteState(st)
	s.rec.State = int64(st)
	s.saveRec = true
}

// touch saves a message's row with this step, once.
func (s *Session) touch(m *records.Message) {
	for _, o := range s.saveMsgs {
		if o == m {
			return
		}
	}
	s.saveMsgs = append(s.saveMsgs, m)
}

func (s *Session) touchPost(p *records.Post) {
	for _, o := range s.savePosts {
		if o == p {
			return
		}
	}
	s.savePosts = append(s.savePosts, p)
}

func (s *Session) lastSeq() int64 {
	if len(s.msgs) == 0 {
		return 0
	}
	return s.msgs[len(s.msgs)-1].Seq
}

// append adds a message to the conversation.
func (s *Session) append(m *records.Message) {
	m.Seq = s.lastSeq() + 1
	s.learn(m)
	s.touch(m)
	// Memory holds no more than what a rebuilt actor would know, give or take.
	if len(s.msgs) > 2*TailMessages {
		kept := s.msgs[len(s.msgs)-TailMessages:]
		s.msgs, s.special = nil, 0
		for _, m := range kept {
			s.learn(m)
		}
	}
	// The newest post of an agent must not fall out of a rebuilt tail unseen.
	if m.Seq%(TailMessages/2) == 0 {
		s.saveRec = true
	}
}

func (s *Session) bySeq(seq int64) *records.Message {
	i := sort.Search(len(s.msgs), func(i int) bool { return s.msgs[i].Seq >= seq })
	if i < len(s.msgs) && s.msgs[i].Seq == seq {
		return s.msgs[i]
	}
	return nil
}

// learn takes a message into memory.
func (s *Session) learn(m *records.Message) {
	s.msgs = append(s.msgs, m)
	if m.Sender == int64(SenderAgent) && s.newest.Before(MessageID(m.DeskID)) {
		s.newest = MessageID(m.DeskID)
	}
	if m.Sender == int64(SenderAgent) && m.State != int64(MessageAside) && s.here.Before(MessageID(m.DeskID)) {
		s.here = MessageID(m.DeskID)
	}
	if isSpecial(MessageState(m.State)) {
		s.special++
	}
}

func isSpecial(st MessageState) bool { return st == MessageFailed || st == MessageRetry }

// setMessage changes a message's state and saves it.
func (s *Session) setMessage(m *records.Message, st MessageState, code Code) {
	if isSpecial(MessageState(m.State)) {
		s.special--
	}
	if isSpecial(st) {
		s.special++
	}
	m.State, m.Code = int64(st), string(code)
	s.touch(m)
}

// after gives the messages in memory with a higher sequence number.
func (s *Session) after(seq int64) []*records.Message {
	return s.msgs[sort.Search(len(s.msgs), func(i int) bool { return s.msgs[i].Seq > seq }):]
}

// newestAgent is the newest post of an agent that was taken.
func (s *Session) newestAgent() MessageID {
	if n := MessageID(s.rec.NewestAgent); s.newest.Before(n) {
		return n
	}
	return s.newest
}

// online tells whether the visitor is here.
func (s *Session) online() bool {
	for _, c := range s.conns {
		if c.Phase == PhaseReady {
			return true
		}
	}
	return false
}
