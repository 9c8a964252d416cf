package edge

import (
	"cloudflarechat/chat"
	"cloudflarechat/discord"
)

// What Cloudflare's free plan allows in a day, of all Workers of an account.
// https://developers.cloudflare.com/durable-objects/platform/pricing/
const (
	freeRequests       = 100_000
	freeObjectRequests = 100_000
	freeRowsWritten    = 100_000
	freeRowsRead       = 5_000_000
	// An object counts 128 MB, and 13,000 GB-s are allowed. The relay's object is awake
	// all day, which is no news on any day: what is left is for conversations.
	freeAwake = 13_000*chat.Second*1000/128 - chat.Day
	// framesARequest are billed as one request.
	framesARequest = 20
	// The relay's Worker tells its state every five minutes, and has spent by then:
	// it is awake all the time, wakes by an alarm every 30 seconds and by a cron every
	// minute, and keeps its place in a row.
	relayAwake                                           = 5 * chat.Minute
	relayRequests, relayObjectRequests, relayRowsWritten = 5, 15, 20
)

// spent reads what the host counted since it asked last: requests, requests to
// objects, frames, rows written, alarms set, rows read, milliseconds awake, and how
// often the relay's Worker told its state. The reply is the event that tells the
// desk; empty where the plan is a paid one.
func (b *Border) spent(r *reader) []byte {
	requests, object, frames, written, alarms, read, awake, states := r.int(), r.int(), r.int(), r.int(), r.int(), r.int(), r.int(), r.int()
	if r.err != nil {
		return fail(r.err)
	}
	if b.door.paid {
		return []byte{byte(StatusOK)}
	}
	ev := discord.Spent{Items: []discord.Allowance{
		{Name: "requests", Used: requests + states*relayRequests, Limit: freeRequests},
		{Name: "requests to objects", Used: object + (frames+framesARequest-1)/framesARequest + states*relayObjectRequests, Limit: freeObjectRequests},
		{Name: "rows written", Used: written + alarms + states*relayRowsWritten, Limit: freeRowsWritten},
		{Name: "rows read", Used: read, Limit: freeRowsRead},
		{Name: "seconds of objects", Used: awake, Limit: int64(freeAwake)},
	}}
	return b.reply(func(dst []byte) []byte { return AppendEvent(dst, ev) })
}
