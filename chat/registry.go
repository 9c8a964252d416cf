package chat

import (
	"strings"

	"cloudflarechat/chat/records"
)

// Bounds of what a registry's actor keeps.
const (
	// maxOwners of a thread: of more, the oldest is forgotten, and edits of its
	// posts reach nobody.
	maxOwners = 64
	// maxClaims on a thread that are kept: one that may come to something, and
	// what sessions left that were erased on the way.
	maxClaims = 8
	// maxEmailSessions of an address: of more, the oldest entry is overwritten.
	maxEmailSessions = 256
	// maxAddressSessions of an internet address are counted; a higher limit is
	// none.
	maxAddressSessions = 1000
)

// Registry is the actor that knows, for one key, who it leads to: an e-mail
// address to its thread, a thread to its owners, a session id to its route.
type Registry struct {
	cfg  *Config
	key  string
	kind string
	id   string

	bearer  *records.Bearer
	email   records.EmailThread
	persons []*records.EmailSession
	owners  []*records.ThreadOwner // by FromID
	claims  []*records.ThreadClaim
	found   *records.Person
	begun   []*records.AddressSession
	blocked Time
	timer   Time
	// unheard are the sessions that were asked whether they are kept and have not
	// answered; keptUntil is the earliest time that one of the others named.
	unheard   []Route
	keptUntil Time
	erased    bool

	now  Time
	out  []Effect
	rows []Row
}

func registryKind(key string) string {
	kind, _, _ := strings.Cut(key, ":")
	return kind
}

// NewRegistry rebuilds the registry's actor with this key. cfg must have been
// filled.
func NewRegistry(cfg *Config, key string, restore Restore) *Registry {
	kind, id, _ := strings.Cut(key, ":")
	r := &Registry{cfg: cfg, key: key, kind: kind, id: id, timer: restore.Timer}
	for _, row := range restore.Rows {
		switch row.Table {
		case records.TableBearer:
			r.bearer = records.BearerOf(row)
		case records.TableEmailThread:
			r.email = *records.EmailThreadOf(row)
		case records.TableEmailSession:
			r.persons = append(r.persons, records.EmailSessionOf(row))
		case records.TableThreadOwner:
			r.addOwner(records.ThreadOwnerOf(row))
		case records.TableThreadClaim:
			r.claims = append(r.claims, records.ThreadClaimOf(row))
		case records.TablePerson:
			r.found = records.PersonOf(row)
		case records.TableAddressSession:
			r.begun = append(r.begun, records.AddressSessionOf(row))
		case records.TableAddressBlock:
			r.blocked = Time(records.AddressBlockOf(row).UntilMs)
		}
	}
	sortClaims(r.claims)
	sortPersons(r.persons)
	sortBegun(r.begun)
	return r
}

// Step implements [Actor].
func (r *Registry) Step(now Time, event Event) []Effect {
	r.now, r.out, r.rows = now, nil, nil
	r.erased = false
	late := lost(r.timer, now)
	if late {
		r.timer = 0
	}
	switch e := event.(type) {
	case BindBearer:
		r.bind(e)
	case FindBearer:
		found := BearerFound{Conn: e.Conn}
		if r.bearer != nil {
			found.Route = Route(r.bearer.Route)
		}
		r.tell(SessionAt(e.From), found)
	case ReleaseBearer:
		if r.bearer != nil && r.bearer.Route == string(e.Route) {
			r.bearer = nil
			return []Effect{Erase{}}
		}
	case ClaimThread:
		r.claimThread(e)
	case NoteEmail:
		r.person(e.Route)
		r.tell(SessionAt(e.Route), EmailNoted{r.id})
		r.answer(e.Ticket, StatusTaken)
	case Yielded:
		r.yielded(e)
	case ThreadOpened:
		r.threadOpened(e)
	case ReserveThread:
		r.reserve(e)
	case OwnThread:
		r.own(e)
	case ThreadNews:
		r.news(e)
	case EndSession:
		// What leads to a person's data goes with it.
		*r = Registry{cfg: r.cfg, key: r.key, kind: r.kind, id: r.id}
		return []Effect{Erase{}, Answer{e.Ticket, StatusTaken}}
	case FindPerson:
		r.findPerson(e)
	case ReleasePerson:
		if r.found != nil && r.found.Route == string(e.Route) {
			r.found = nil
			return []Effect{Erase{}}
		}
	case AdmitSession:
		r.admit(e)
	case BlockAddress:
		r.block(e)
	case Alive:
		r.alive(e)
	case TimerFired:
		switch r.kind {
		case "address":
			return r.rest()
		case "thread", "email":
			r.askAlive()
			return r.effects()
		}
		// The registry decides by the times in what it is asked; it needs none.
		return []Effect{SetTimer{0}}
	default:
		panic("chat: a registry was given " + event.EventName())
	}
	if r.kind == "address" && (len(r.begun) > 0 || r.blocked != 0) {
		r.wakeAt(r.restAt())
	}
	r.wakeToAsk(late)
	return r.effects()
}

func (r *Registry) effects() []Effect {
	if r.erased {
		return append([]Effect{Erase{}}, r.out...)
	}
	if len(r.rows) > 0 {
		return append([]Effect{Save{r.rows}}, r.out...)
	}
	return r.out
}

func (r *Registry) tell(to Address, e Event) { r.out = append(r.out, Tell{to, e}) }

func (r *Registry) answer(t Ticket, st Status) {
	if t != "" {
		r.out = append(r.out, answer(t, st))
	}
}

func (r *Registry) save(rec records.Record) { r.rows = append(r.rows, rec.Row()) }

func (r *Registry) delete(t records.Table, key int64) {
	r.rows = append(r.rows, Row{Table: t, Key: key, Delete: true})
}

func (r *Registry) bind(e BindBearer) {
	if r.bearer == nil {
		r.bearer = &records.Bearer{Route: string(e.Route), AtMs: int64(r.now)}
		r.save(r.bearer)
	}
	if r.bearer.Route != string(e.Route) {
		panic("chat: two sessions have one session id")
	}
	r.tell(SessionAt(e.Route), BearerBound{Hash: r.id})
}
