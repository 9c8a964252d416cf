package rest

// Options configure a Scheduler. The zero value is ready to use.
type Options struct {
	// BudgetPerSecond is the bot's global limit. 0 means 50, Discord's for ordinary bots.
	// https://docs.discord.com/developers/topics/rate-limits#global-rate-limit
	BudgetPerSecond int

	// Seed decides the jitter of backoffs; hosts of different bots should differ. 0 is a seed like any other.
	Seed uint64

	// ParkAfterMs is from which wait on a request is told as Parked instead of Wait. 0 means 30,000.
	ParkAfterMs int64

	// InvalidStop is how many invalid requests (401, 403, 429 but shared) in 10 minutes stop everything. 0 means 5,000, half of what
	// makes Discord ban the address. https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
	InvalidStop int

	// MaxBuckets bounds the remembered buckets. 0 means 8,192. When all are in use, requests into new ones wait for a second.
	MaxBuckets int

	// MaxInFlight bounds the requests without an outcome. 0 means 256. At the bound, requests wait.
	MaxInFlight int
}

// Permit is the right to send one request, given by Reserve and returned by Done or Cancel. The zero value is no permit.
type Permit struct {
	Slot   int
	Number uint64
}

// Reason says why a request may not leave now.
type Reason int

// The reasons.
const (
	Free      Reason = iota // it may leave
	Wait                    // a bucket or the global budget is used up, for less than ParkAfterMs
	Parked                  // a limit of its own holds this request for ParkAfterMs or longer: say so to whoever waits
	Outage                  // Discord does not answer; one request at a time tries again
	Banned                  // Cloudflare refuses this address
	Halted                  // too many invalid requests: stopped to avoid a ban of the address. Tell the owner
	DeadToken               // 401 was answered: stopped until the owner sets a new token
)

// Decision is the answer to Reserve.
type Decision struct {
	Go     bool
	Permit Permit // when Go
	Reason Reason
	At     int64 // when to ask again, Unix milliseconds; 0 when Go or when only the owner can help
	All    bool  // the reason holds for every request that is not Exempt: no use in asking for another candidate before At
}

// Scheduler is the rate-limit machine of one bot. Make it with New. It is not safe for use from several goroutines.
type Scheduler struct{ opts Options }

// New makes a Scheduler that knows no limit but the global one.
func New(opts Options) *Scheduler { return &Scheduler{opts: opts} }

// Gate says until when nothing but Exempt requests may leave, Unix milliseconds; 0 means that the way is open. It is cheap.
func (s *Scheduler) Gate(now int64) int64 { return 0 }

// Reserve asks whether r may leave now. With Decision.Go the request must be sent at once, and the permit given back with Done or Cancel.
func (s *Scheduler) Reserve(now int64, r *Request) Decision { return Decision{Go: true} }

// Done reports what became of a request.
func (s *Scheduler) Done(now int64, p Permit, out Outcome) Verdict { return Verdict{} }

// Cancel gives a permit back whose request did not leave: it used up nothing.
func (s *Scheduler) Cancel(now int64, p Permit) {}

// NextWake is when the Scheduler itself has something to tell, Unix milliseconds: the gate opens, or a permit that was never given back lapses. 0: never.
func (s *Scheduler) NextWake(now int64) int64 { return 0 }
