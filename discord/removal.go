package discord

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

const (
	// removalTries is how often one thing is asked to be deleted.
	removalTries = 3
	removalPause = 2 * chat.Second
)

// Removal deletes a thread and the post that opened it, which has the same id, for an owner who waits. Make it with [NewRemoval]; the host asks
// [Removal.Next] and tells what came of it until nothing is left.
type Removal struct {
	requests []rest.Request
	tries    int
	// failed: something will stay.
	failed, refused bool
}

// NewRemoval begins the deletion of a thread of a channel.
func NewRemoval(now chat.Time, channel, thread wire.Snowflake) Removal {
	return Removal{requests: []rest.Request{rest.DeleteThread(thread), rest.DeleteMessage(int64(now), channel, thread)}}
}

// Next gives what to ask Discord, and how long to wait before; ok is false where all is said.
func (r *Removal) Next() (request rest.Request, pause chat.Time, ok bool) {
	if len(r.requests) == 0 {
		return request, 0, false
	}
	if r.tries > 0 {
		pause = removalPause
	}
	return r.requests[0], pause, true
}

// Answered takes in what came of the last request. What is gone already counts as deleted.
func (r *Removal) Answered(done *CallDone) {
	r.tries++
	switch {
	case done.Failure == Answered && (done.Status == 404 || done.Status >= 200 && done.Status < 300):
	case (done.Failure != Answered || done.Status == 429 || done.Status >= 500) && r.tries < removalTries:
		return
	default:
		r.failed = true
		r.refused = r.refused || done.Status == 401 || done.Status == 403
	}
	r.requests, r.tries = r.requests[1:], 0
}

// Gone tells whether all of it was deleted.
func (r *Removal) Gone() bool { return len(r.requests) == 0 && !r.failed }

// Refused tells whether the bot may not delete it: it lacks Manage Threads.
func (r *Removal) Refused() bool { return r.refused }
