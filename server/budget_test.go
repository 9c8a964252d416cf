package server_test

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"cloudflarechat/server"
)

// rowsWritten reads the counter of rows once it rests.
func rowsWritten(t *testing.T, s *server.Server) int {
	t.Helper()
	last, same := -1, 0
	eventually(t, "a counter that rests", func() bool {
		n := counter(t, s, "cloudflare_chat_host_rows_written_total")
		if n == last {
			same++
		} else {
			last, same = n, 0
		}
		return same >= 10
	})
	return last
}

func counter(t *testing.T, s *server.Server, name string) int {
	t.Helper()
	res := get(t, s, "GET", "/metrics", "", "Authorization", "Bearer the-owner's")
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if v, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

// A visitor's message costs at most 5 rows and an answer 3, on average over a
// conversation that flows: what both hosts' storage is counted by.
func TestTheRowBudget(t *testing.T) {
	d := newTeam(t)
	opt := d.options(t)
	opt.Metrics, opt.AdminSecret, opt.MessagesPerMinute = true, "the-owner's", 1000
	s := start(t, opt)
	ready(t, s)
	v := dial(t, wsURL(s), nil)
	v.say("init", base(nil))
	v.hear("ready")
	v.say("message", map[string]string{"message": "opening", "id": "m0"})
	thread := d.thread()
	d.shows(thread, "opening")

	const n = 6
	began := rowsWritten(t, s)
	for i := 1; i <= n; i++ {
		text := fmt.Sprint("word number ", i)
		v.say("message", map[string]string{"message": text, "id": fmt.Sprint("m", i)})
		v.hear("ack")
		d.shows(thread, text)
	}
	said := rowsWritten(t, s)
	for i := range n {
		d.answers(thread, fmt.Sprint("answer ", i))
		v.hear("message")
	}
	answered := rowsWritten(t, s)
	t.Logf("%d rows for %d messages, %d for %d answers", said-began, n, answered-said, n)
	if said-began > 5*n {
		t.Errorf("%d rows for %d messages: more than 5 each", said-began, n)
	}
	// The Gateway's own state is one more row natively.
	if answered-said > (3+1)*n {
		t.Errorf("%d rows for %d answers: more than 3 each, and 1 for the Gateway", answered-said, n)
	}
}
