package discord_test

import (
	"fmt"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/discord"
	"cloudflarechat/discordsim/world"
)

// TestMeters holds what is counted against what Discord saw: every request by its end, every refusal by its scope, and how many wait, down to
// nobody again. Every metric and label is one of the catalogue's.
func TestMeters(t *testing.T) {
	r := newRig(world.Config{}, discord.Options{MaxInFlight: 2})
	r.quiet = true
	for _, f := range []world.Fault{
		{Kind: world.FaultLimitUser, Route: "/messages", RetryAfterMs: 500, Skip: 3, Count: 1},
		{Kind: world.FaultLimitShared, Route: "/threads", RetryAfterMs: 500, Skip: 2, Count: 2},
		{Kind: world.FaultBlocked, Route: "/messages", Skip: 8, Count: 1},
		{Kind: world.FaultLostAfter, Route: "/messages", Skip: 12, Count: 1},
	} {
		if _, err := r.world.Inject(int64(r.now), f); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 20 {
		v := r.visitor(fmt.Sprintf("v%02d", i))
		v.add(&chat.DeskCall{Kind: chat.CallPost, Text: "Hello"})
		v.kick()
	}
	r.run(30 * chat.Minute)
	for _, v := range r.order {
		if len(v.calls) > 0 {
			t.Errorf("%s has %d calls left", v.route, len(v.calls))
		}
	}
	requests := 0.0
	for name, n := range r.counted {
		metric, _, _ := cutMetric(name)
		if metric == chat.MetricDeskRequests {
			requests += n
		}
	}
	if int(requests) != r.calls {
		t.Errorf("%v requests counted of %d", requests, r.calls)
	}
	for name, want := range map[chat.Metric]float64{
		chat.MetricDeskRequests + "/429": 4, chat.MetricDeskRequests + "/lost": 1, chat.MetricDeskLimited + "/user": 1,
		chat.MetricDeskLimited + "/shared": 2, chat.MetricDeskLimited + "/none": 1, chat.MetricDeskReady + "/": 0,
	} {
		if got, there := r.counted[name]; got != want || !there {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if r.readyMost < 10 || r.counted[chat.MetricDeskDelay+"/post"] < 20 {
		t.Errorf("at most %v waited, %v seconds in all", r.readyMost, r.counted[chat.MetricDeskDelay+"/post"])
	}
	// There and back takes 100 ms, and one answer never comes.
	if took := r.counted[chat.MetricDeskTime+"/"]; took < 0.09*float64(r.calls) || took > float64(r.calls) {
		t.Errorf("%d requests took %v seconds", r.calls, took)
	}
	if h := r.egress.Health(r.now); h.BudgetLeft != 50 || h.InvalidLeft != 5000 {
		t.Errorf("of the limits %d and %d are left", h.BudgetLeft, h.InvalidLeft)
	}
	for name := range r.counted {
		metric, label, _ := cutMetric(name)
		row := rowOf(metric)
		if row == nil || (row.Label == "") != (label == "") {
			t.Errorf("%s is not in the catalogue", name)
		}
	}
}

func cutMetric(name chat.Metric) (metric chat.Metric, label string, ok bool) {
	for i := range name {
		if name[i] == '/' {
			return name[:i], string(name[i+1:]), true
		}
	}
	return name, "", false
}

func rowOf(m chat.Metric) *chat.MetricRow {
	for i := range chat.Metrics {
		if chat.Metrics[i].Metric == m {
			return &chat.Metrics[i]
		}
	}
	return nil
}
