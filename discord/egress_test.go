package discord_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
)

// plain is an Egress that knows who it is, without a model of Discord: the test gives the answers.
type plain struct {
	t   testing.TB
	e   *discord.Egress
	now chat.Time
}

func newPlain(t testing.TB, opt discord.Options) *plain {
	opt.Channel = channelID
	bot := records.Egress{Key: 1, Name: "bot", Text: botID}
	channel := records.Egress{Key: 2, Name: channelID, Text: guildID}
	p := &plain{t: t, now: 1_800_000_000_000}
	p.e = discord.NewEgress(opt, []chat.Row{bot.Row(), channel.Row()}, 0)
	return p
}

// step gives an event and returns the calls and what was told.
func (p *plain) step(ev chat.Event) (calls []discord.Call, told []chat.Event) {
	for _, f := range p.e.Step(p.now, ev) {
		switch f := f.(type) {
		case discord.Call:
			calls = append(calls, f)
		case chat.Tell:
			told = append(told, f.Event)
		}
	}
	return calls, told
}

func post(key, text string) *chat.DeskCall {
	return &chat.DeskCall{Kind: chat.CallPost, Key: key, Thread: threadID, Text: text}
}

func (p *plain) offer(from string, call *chat.DeskCall) ([]discord.Call, []chat.Event) {
	if call != nil && call.HandedAt == 0 {
		handed := *call
		handed.HandedAt = p.now
		call = &handed
	}
	return p.step(chat.DeskReady{From: chat.Route(from), Call: call})
}

func answer(c discord.Call, status int, body string) discord.CallDone {
	return discord.CallDone{ID: c.ID, Status: status, Body: []byte(body)}
}

const postedBody = `{"id":"` + postID + `","channel_id":"` + threadID + `","content":"x","author":{"id":"` + botID + `","bot":true}}`

func TestOutcomes(t *testing.T) {
	apiError := func(code int) string { return fmt.Sprintf(`{"message":"no","code":%d}`, code) }
	announce := &chat.DeskCall{Kind: chat.CallAnnounce, Key: "k", Text: "New conversation · x"}
	open := &chat.DeskCall{Kind: chat.CallOpen, Key: "k", Message: postID, Text: "Support: Mia"}
	mark := &chat.DeskCall{Kind: chat.CallMark, Key: "k", Thread: threadID, Message: postID}
	done := chat.DeskResult{Outcome: chat.OutcomeDone}
	doubt := chat.DeskResult{Outcome: chat.OutcomeDoubt}
	gone := chat.DeskResult{Outcome: chat.OutcomeGone}
	refused := chat.DeskResult{Outcome: chat.OutcomeRefused, Code: chat.CodeRefused}
	posted := chat.DeskResult{Outcome: chat.OutcomeDone, Message: postID}
	opened := chat.DeskResult{Outcome: chat.OutcomeDone, Thread: postID}
	found := chat.DeskResult{Outcome: chat.OutcomeDone, Thread: postID, More: true}
	for _, c := range []struct {
		name   string
		call   *chat.DeskCall
		status int // 0: the answer is lost; -1: not sent
		body   string
		want   *chat.DeskResult // nil: no DeskDone, it is asked again later
	}{
		{"posted", post("k", "x"), 200, postedBody, &posted},
		{"posted, unreadable", post("k", "x"), 200, `{"id":"1`, &doubt},
		{"posted, HTML", post("k", "x"), 200, `<html>`, &doubt},
		{"lost", post("k", "x"), 0, "", &doubt},
		{"not sent", post("k", "x"), -1, "", nil},
		{"500", post("k", "x"), 500, apiError(0), &doubt},
		{"502 as HTML", post("k", "x"), 502, "<html>bad gateway</html>", &doubt},
		{"429", post("k", "x"), 429, `{"message":"slow","retry_after":1.5,"global":false}`, nil},
		{"429 of Cloudflare", post("k", "x"), 429, "error code: 1015", nil},
		{"overloaded", post("k", "x"), 503, apiError(130000), nil},
		{"thread gone", post("k", "x"), 404, apiError(10003), &gone},
		{"thread locked", post("k", "x"), 400, apiError(160005), &gone},
		{"delivered, then deleted", post("k", "x"), 404, apiError(10008), &done},
		{"empty", post("k", "x"), 400, apiError(50006), &refused},
		{"form", post("k", "x"), 400, apiError(50035), &refused},
		{"automod", post("k", "x"), 400, apiError(200000), &refused},
		{"harmful link", post("k", "x"), 400, apiError(240000), &refused},
		{"too large", post("k", "x"), 413, "<html>", &refused},
		{"no permission", post("k", "x"), 403, apiError(50013), nil},
		{"no access", post("k", "x"), 403, apiError(50001), nil},
		{"token dead", post("k", "x"), 401, `{"message":"401: Unauthorized","code":0}`, nil},
		{"announced", announce, 200, postedBody, &posted},
		{"announced, then deleted", announce, 404, apiError(10008), &gone},
		{"announced, channel gone", announce, 404, apiError(10003), nil},
		{"opened", open, 201, `{"id":"` + postID + `","type":11}`, &opened},
		{"opened already", open, 400, apiError(160004), &found},
		{"opened with another id", open, 201, `{"id":"` + otherID + `","type":11}`, &doubt},
		{"opened, no answer", open, 0, "", nil},
		{"opening post deleted", open, 404, apiError(10008), &gone},
		{"threads full", open, 400, apiError(160006), nil},
		{"marked", mark, 204, "", &done},
		{"nothing to mark", mark, 404, apiError(10008), &done},
		{"mark in a locked thread", mark, 400, apiError(160005), &refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlain(t, discord.Options{})
			calls, _ := p.offer("mia", c.call)
			if len(calls) != 1 {
				t.Fatalf("%d calls", len(calls))
			}
			ev := answer(calls[0], c.status, c.body)
			switch c.status {
			case 0:
				ev = discord.CallDone{ID: calls[0].ID, Failure: discord.FailureLost}
			case -1:
				ev = discord.CallDone{ID: calls[0].ID, Failure: discord.FailureUnsent}
			}
			p.now += 100
			_, told := p.step(ev)
			var got *chat.DeskResult
			for _, e := range told {
				if d, ok := e.(chat.DeskDone); ok {
					if got != nil || d.Key != "k" {
						t.Fatalf("told %+v", told)
					}
					got = &d.Result
				}
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if again, told := p.step(ev); len(again) != 0 || len(told) != 0 {
				t.Errorf("the answer again: %v %v", again, told)
			}
		})
	}
}

// TestMarkReopens marks a post in a thread that was put away: that is where somebody reads who was away for long.
func TestMarkReopens(t *testing.T) {
	for _, c := range []struct {
		name   string
		thread string
		locked bool
	}{{"put away", `{"id":"` + threadID + `","type":11,"thread_metadata":{"archived":true,"locked":false}}`, false},
		{"locked", `{"id":"` + threadID + `","type":11,"thread_metadata":{"archived":true,"locked":true}}`, true}} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlain(t, discord.Options{})
			calls, told := p.offer("mia", &chat.DeskCall{Kind: chat.CallMark, Key: "k", Thread: threadID, Message: postID})
			var got []string
			for _, body := range []string{`{"message":"Thread is archived","code":50083}`, c.thread, c.thread, ""} {
				if len(calls) != 1 {
					break
				}
				got = append(got, calls[0].Request.Method)
				status := 200
				if len(got) == 1 {
					status = 400
				}
				p.now += 100
				calls, told = p.step(answer(calls[0], status, body))
			}
			done, ok := told[0].(chat.DeskDone)
			switch want := "PUT GET PATCH PUT"; {
			case c.locked && (strings.Join(got, " ") != "PUT GET" || !ok || done.Result.Outcome != chat.OutcomeRefused):
				t.Errorf("%v, then %+v", got, told)
			case !c.locked && (strings.Join(got, " ") != want || !ok || done.Result.Outcome != chat.OutcomeDone):
				t.Errorf("%v, then %+v", got, told)
			}
		})
	}
}

// TestNameRefused opens a thread whose name Discord does not take under another.
func TestNameRefused(t *testing.T) {
	p := newPlain(t, discord.Options{})
	calls, _ := p.offer("mia", &chat.DeskCall{Kind: chat.CallOpen, Key: "k", Message: postID, Text: "Support: rude"})
	calls, told := p.step(answer(calls[0], 400, `{"message":"no","code":200001}`))
	if len(calls) != 1 || len(told) != 0 || string(calls[0].Request.Body) != `{"name":"Support conversation","auto_archive_duration":60}` {
		t.Fatalf("%+v %+v", calls, told)
	}
}

// TestReadTellsEdits holds that of what is read in a thread only that counts as edited which Discord says was: a reading names the people in a text by
// their global names, an event by the names that they have in the server, so other words prove nothing.
func TestReadTellsEdits(t *testing.T) {
	p := newPlain(t, discord.Options{})
	calls, _ := p.offer("mia", &chat.DeskCall{Kind: chat.CallRead, Key: "k", Thread: threadID, After: threadID})
	post := `{"id":"` + otherID + `","channel_id":"` + threadID + `","type":0,"content":"Ask <@` + agentID + `>","timestamp":"2026-03-01T12:00:00.5+00:00",` +
		`"author":{"id":"` + agentID + `","username":"ada"},"mentions":[{"id":"` + agentID + `","username":"ada","global_name":"Ada L."}],"edited_timestamp":`
	_, told := p.step(answer(calls[0], 200, `[`+strings.ReplaceAll(post, otherID, postID)+`"2026-03-01T12:01:00+00:00"},`+post+`null}]`))
	if len(told) != 1 {
		t.Fatalf("%+v", told)
	}
	news := told[0].(chat.DeskDone).Result.News
	if len(news) != 2 || news[0].Kind != chat.NewsPosted || news[1].Kind != chat.NewsEdited || news[1].At != 1772366400500 {
		t.Errorf("%+v", news)
	}
}

// TestReadyAgain announces a conversation again and again while its call is in flight: one call, one end.
func TestReadyAgain(t *testing.T) {
	p := newPlain(t, discord.Options{})
	first, _ := p.offer("mia", post("k", "x"))
	for range 3 {
		p.now += chat.Second
		if calls, told := p.offer("mia", post("k", "x")); len(calls)+len(told) != 0 {
			t.Fatal(calls, told)
		}
		if calls, told := p.offer("mia", nil); len(calls)+len(told) != 0 {
			t.Fatal(calls, told)
		}
	}
	_, told := p.step(answer(first[0], 200, postedBody))
	if len(told) != 1 || !told[0].(chat.DeskDone).Slot {
		t.Fatalf("%+v", told)
	}
}

// TestAnswerNeverComes gives up on a call after 90 seconds.
func TestAnswerNeverComes(t *testing.T) {
	p := newPlain(t, discord.Options{})
	first, _ := p.offer("mia", post("k", "x"))
	p.now += 90 * chat.Second
	_, told := p.offer("mia", nil)
	if len(told) == 0 || told[0].(chat.DeskDone).Result.Outcome != chat.OutcomeDoubt {
		t.Fatalf("%+v", told)
	}
	if _, told := p.step(answer(first[0], 200, postedBody)); len(told) != 0 {
		t.Fatalf("the late answer: %+v", told)
	}
}

// TestRampWaits holds that a call which waits at the ramp while every connection is in use is not taken for lost, however long that takes.
func TestRampWaits(t *testing.T) {
	p := newPlain(t, discord.Options{MaxInFlight: 1})
	first, _ := p.offer("mia", post("k", "x"))
	if calls, told := p.offer("ben", post("k", "x")); len(calls)+len(told) != 0 {
		t.Fatal(calls, told)
	}
	p.now += 89 * chat.Second
	if calls, told := p.offer("ben", nil); len(calls)+len(told) != 0 {
		t.Fatal(calls, told)
	}
	p.now += 100 * chat.Second // the clock jumps
	if calls, _ := p.offer("ben", nil); len(calls) != 1 {
		t.Fatal("what waited did not leave once the first was given up", calls)
	}
	if _, told := p.step(answer(first[0], 200, postedBody)); len(told) != 0 {
		t.Fatalf("the late answer: %+v", told)
	}
}

// TestTooLate does not send what may not be sent any more, at the hand-over and after a look.
func TestTooLate(t *testing.T) {
	p := newPlain(t, discord.Options{})
	late := post("k", "x")
	late.NotAfter = p.now - 1
	calls, told := p.offer("mia", late)
	if len(calls) != 0 || len(told) != 1 || told[0].(chat.DeskDone).Result.Outcome != chat.OutcomeTooLate {
		t.Fatalf("%+v %+v", calls, told)
	}
	late = post("k", "x")
	late.NotAfter, late.Check = p.now+50, true
	calls, _ = p.offer("mia", late)
	p.now += 100
	calls, _ = p.step(answer(calls[0], 200, `[]`))
	calls, told = p.step(answer(calls[0], 404, `{"message":"Unknown Message","code":10008}`))
	if len(calls) != 0 || len(told) != 1 || told[0].(chat.DeskDone).Result.Outcome != chat.OutcomeTooLate {
		t.Fatalf("%+v %+v", calls, told)
	}
}

// TestCheckFrom looks first only when the time for it has come.
func TestCheckFrom(t *testing.T) {
	for _, c := range []struct {
		from   chat.Time
		method string
	}{{1, "POST"}, {0, "GET"}} {
		p := newPlain(t, discord.Options{})
		call := post("k", "x")
		call.CheckFrom = p.now + c.from
		calls, _ := p.offer("mia", call)
		if len(calls) != 1 || calls[0].Request.Method != c.method {
			t.Errorf("from %d: %+v", c.from, calls)
		}
	}
}

// TestRingFull turns away who does not fit, and says so.
func TestRingFull(t *testing.T) {
	p := newPlain(t, discord.Options{MaxInFlight: 1, MaxReady: 2})
	p.offer("a", post("k", "x"))
	if _, told := p.offer("b", post("k", "x")); len(told) == 0 {
		t.Log("b waits")
	}
	_, told := p.offer("c", post("k", "x"))
	if len(told) != 1 {
		t.Fatalf("%+v", told)
	}
	if d, ok := told[0].(chat.DeskDelayed); !ok || d.Until != p.now+60*chat.Second || d.Code != chat.CodeDeskSlow {
		t.Fatalf("%+v", told)
	}
}

// TestTypingNeedsNoPatience drops a sign of typing that finds no slot, and says so.
func TestTypingNeedsNoPatience(t *testing.T) {
	p := newPlain(t, discord.Options{MaxInFlight: 1})
	p.offer("a", post("k", "x"))
	_, told := p.offer("b", &chat.DeskCall{Kind: chat.CallTyping, Key: "typing", Thread: otherID})
	if len(told) != 1 || told[0].(chat.DeskDone).Result.Outcome != chat.OutcomeTooLate {
		t.Fatalf("%+v", told)
	}
	if h := p.e.Health(p.now); h.Ready != 0 || h.InFlight != 1 {
		t.Errorf("%+v", h)
	}
}

// TestStrangeEvent panics: a host that sends a session's event here is broken.
func TestStrangeEvent(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	newPlain(t, discord.Options{}).step(chat.BearerBound{})
}

// BenchmarkTurn measures one turn of the ring under load (a pull, its answer, the request's answer, the conversation back in the ring) with so many conversations
// waiting.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{10, 1_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			p := newPlain(b, discord.Options{MaxReady: 200_000, RequestsPerSecond: 1_000})
			asked := map[chat.Route]bool{}
			var next []chat.Route
			step := func(ev chat.Event) (calls []discord.Call) {
				for _, f := range p.e.Step(p.now, ev) {
					switch f := f.(type) {
					case discord.Call:
						calls = append(calls, f)
					case chat.Tell:
						if _, ok := f.Event.(chat.DeskPull); ok && !asked[chat.Route(f.To.Key)] {
							next = append(next, chat.Route(f.To.Key))
						}
					}
				}
				return calls
			}
			for i := range n {
				step(chat.DeskReady{From: chat.Route(fmt.Sprint("v", i))})
			}
			turn := func() {
				p.now += 10
				route := next[0]
				next = next[1:]
				call := post("k", "x")
				call.Thread = chat.ThreadID("1100000000000" + fmt.Sprint(1_000_000+len(route)) + string(route[1:]))[:19]
				call.More = true
				for _, c := range step(chat.DeskReady{From: route, Call: call}) {
					step(answer(c, 200, postedBody))
				}
			}
			for range 2 * n { // rows and what is told of the wait are behind us
				turn()
			}
			b.ReportAllocs()
			for b.Loop() {
				turn()
			}
		})
	}
}
