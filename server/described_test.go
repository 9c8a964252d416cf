package server_test

import (
	"strings"
	"sync"
	"testing"

	"cloudflarechat/discordsim/world"
	"cloudflarechat/discordsim/world/description"
)

var loadDescription = sync.OnceValues(description.Load)

// described gives an Inspect that holds requests of this host to Discord's own description of its API, and what says, once the
// stand-in has stopped, how it went.
func described(t *testing.T) (inspect func(world.Request, world.Response), verdict func()) {
	t.Helper()
	d, err := loadDescription()
	if err != nil {
		t.Logf("SKIPPED, NOT PROVED: the requests against Discord's own description: %v", err)
		return nil, func() {}
	}
	var mu sync.Mutex
	var wrong []error
	held := 0
	judge := description.NewJudge(d)
	inspect = func(q world.Request, r world.Response) {
		if strings.HasPrefix(q.Authorization, "User ") {
			return
		}
		err := judge.Hold(description.Exchange{Method: q.Method, Path: q.Path, Query: q.Query, Body: q.Body, Status: r.Status, Answer: r.Body})
		mu.Lock()
		defer mu.Unlock()
		held++
		if err != nil {
			wrong = append(wrong, err)
		}
	}
	return inspect, func() {
		mu.Lock()
		defer mu.Unlock()
		for _, err := range wrong {
			t.Error(err)
		}
		if held == 0 {
			t.Error("no request was held to the description")
		}
		t.Logf("%d requests were held to the description, of the routes %q", held, judge.Held())
	}
}
