package rest

// Durable is what must outlive the process: blocks of over 5 s, and the count of invalid requests. It is plain data for rows.
type Durable struct {
	PauseUntilMs int64 // the global pause; 0 for none
	BanUntilMs   int64 // the address's ban; 0 for none
	BanCount     int   // bans in a row, for the backoff
	Blocks       []Block
	Invalid      []InvalidMinute
}

// Block holds requests of one kind and resource until a time.
type Block struct {
	Kind    Kind   // "" together with Route
	Method  string // "" when Kind names a group of routes
	Route   string
	Major   string // "*" for every resource
	UntilMs int64
}

// InvalidMinute is how many invalid requests a minute saw.
type InvalidMinute struct {
	Minute int64 // Unix minutes
	Count  int
}

// Snapshot gives what must be durable at now, in a fixed order.
func (s *Scheduler) Snapshot(now int64) Durable { return Durable{} }

// Restore takes a Snapshot in. What lies past, or more than a day ahead, is ignored.
func (s *Scheduler) Restore(now int64, d Durable) {}
