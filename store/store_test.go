package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"cloudflarechat/chat/records"
	"cloudflarechat/store"
)

func open(t *testing.T, path string, opt store.Options) *store.Store {
	t.Helper()
	s, err := store.Open(path, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func session(key string) store.Actor { return store.Actor{Kind: 1, Key: key} }

func message(seq int64, body string) records.Row {
	return (&records.Message{Seq: seq, Sender: 1, AtMs: 1000 + seq, Body: body}).Row()
}

var tails = []store.Tail{{Table: records.TableSession, Limit: 1}, {Table: records.TableMessage, Limit: 3}}

func bodies(rows []records.Row) (out []string) {
	for _, r := range rows {
		if r.Table == records.TableMessage {
			out = append(out, records.MessageOf(r).Body)
		}
	}
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatWasSavedIsLoadedAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chat.db")
	s := open(t, path, store.Options{})
	name := "Zoë \x00 \U0001F600 ✓"
	must(t, s.Apply([]store.Writes{
		{Actor: session("a"), Rows: []records.Row{(&records.Session{Name: name, Verified: true}).Row(), message(1, "a1")}, SetTimer: true, WakeAtMs: 77},
		{Actor: session("b"), Rows: []records.Row{message(1, "b1")}},
		{Actor: session("a"), Rows: []records.Row{message(2, "a2"), message(3, "a3"), message(4, "a4")}},
	}))
	must(t, s.Close())
	must(t, s.Close())

	s = open(t, path, store.Options{})
	got, err := s.Load(session("a"), tails)
	must(t, err)
	if want := []string{"a4", "a3", "a2"}; !reflect.DeepEqual(bodies(got.Rows), want) {
		t.Errorf("tail %q, want %q", bodies(got.Rows), want)
	}
	if got.WakeAtMs != 77 {
		t.Errorf("timer %d", got.WakeAtMs)
	}
	if head := records.SessionOf(got.Rows[0]); head.Name != name || !head.Verified {
		t.Errorf("session %+v", head)
	}
	none, err := s.Load(session("nobody"), tails)
	if err != nil || len(none.Rows) != 0 {
		t.Errorf("nobody: %v %v", none, err)
	}
	page, err := s.Range(session("a"), records.TableMessage, 3, 10)
	must(t, err)
	if want := []string{"a2", "a1"}; !reflect.DeepEqual(bodies(page), want) {
		t.Errorf("page %q, want %q", bodies(page), want)
	}
	all, err := s.Range(session("a"), records.TableMessage, 0, 10)
	if err != nil || len(all) != 4 || all[3].Key != 1 {
		t.Errorf("all %v %v", all, err)
	}
	var keys []string
	must(t, s.Actors(1, func(key string, _ int64) bool { keys = append(keys, key); return true }))
	if !reflect.DeepEqual(keys, []string{"a", "b"}) {
		t.Errorf("actors %q", keys)
	}
	must(t, s.Check())
}

func TestEraseDeletesOneActorAlone(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "chat.db"), store.Options{})
	must(t, s.Apply([]store.Writes{
		{Actor: session("a"), Rows: []records.Row{message(1, "a1")}, SetTimer: true, WakeAtMs: 5},
		{Actor: session("b"), Rows: []records.Row{message(1, "b1"), message(2, "b2")}, SetTimer: true, WakeAtMs: 6},
		{Actor: session("c"), Rows: []records.Row{message(1, "c1")}},
	}))
	must(t, s.Apply([]store.Writes{
		{Actor: session("b"), Erase: true},
		{Actor: session("c"), Erase: true, Rows: []records.Row{message(9, "c9")}},
		{Actor: session("d"), Erase: true},
		{Actor: session("a"), Rows: []records.Row{{Table: records.TableMessage, Key: 1, Delete: true}, message(2, "a2")}},
	}))
	for key, want := range map[string][]string{"a": {"a2"}, "b": nil, "c": {"c9"}} {
		got, err := s.Load(session(key), tails)
		must(t, err)
		if !reflect.DeepEqual(bodies(got.Rows), want) {
			t.Errorf("%s: %q, want %q", key, bodies(got.Rows), want)
		}
	}
	due, err := s.Due(100, 10)
	if err != nil || len(due) != 1 || due[0].Actor.Key != "a" {
		t.Errorf("due %v %v", due, err)
	}
}

func TestTimers(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "chat.db"), store.Options{})
	var w []store.Writes
	for i := range 10 {
		w = append(w, store.Writes{Actor: session(fmt.Sprint(i)), SetTimer: true, WakeAtMs: int64(100 - i)})
	}
	must(t, s.Apply(w))
	must(t, s.Apply([]store.Writes{{Actor: session("9"), SetTimer: true, WakeAtMs: 0}, {Actor: session("8"), SetTimer: true, WakeAtMs: 500}}))
	due, err := s.Due(95, 2)
	if err != nil || len(due) != 2 || due[0].AtMs != 93 || due[1].AtMs != 94 {
		t.Errorf("due %v %v", due, err)
	}
	if next, err := s.NextDue(100); err != nil || next != 500 {
		t.Errorf("next %d %v", next, err)
	}
	if next, err := s.NextDue(500); err != nil || next != 0 {
		t.Errorf("after the last %d %v", next, err)
	}
}

func TestRowsAreCounted(t *testing.T) {
	n := 0
	s := open(t, filepath.Join(t.TempDir(), "chat.db"), store.Options{Wrote: func(rows int) { n += rows }})
	apply := func(want int, w ...store.Writes) {
		t.Helper()
		n = 0
		must(t, s.Apply(w))
		if n != want {
			t.Errorf("%d rows counted, want %d", n, want)
		}
	}
	apply(3, store.Writes{Actor: session("a"), Rows: []records.Row{message(1, "x"), message(2, "y")}, SetTimer: true, WakeAtMs: 9})
	apply(0, store.Writes{Actor: session("a"), SetTimer: true, WakeAtMs: 9})
	apply(2, store.Writes{Actor: session("a"), Erase: true})
}

func TestAFailedTransactionLeavesNothing(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "chat.db"), store.Options{})
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{message(1, "a1")}}}))
	s.Limit(t, 60)
	big := strings.Repeat("x", 400_000)
	err := s.Apply([]store.Writes{
		{Actor: session("new"), Rows: []records.Row{message(1, "n1")}},
		{Actor: session("a"), Rows: []records.Row{message(2, "a2")}, SetTimer: true, WakeAtMs: 9},
		{Actor: session("a"), Rows: []records.Row{message(3, big)}},
	})
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), "make room") {
		t.Fatalf("got %v", err)
	}
	s.Limit(t, 1<<20)
	for _, key := range []string{"a", "new"} {
		got, err := s.Load(session(key), tails)
		must(t, err)
		if key == "a" && !reflect.DeepEqual(bodies(got.Rows), []string{"a1"}) || key == "new" && len(got.Rows) > 0 || got.WakeAtMs != 0 {
			t.Errorf("%s: %q timer %d", key, bodies(got.Rows), got.WakeAtMs)
		}
	}
	must(t, s.Apply([]store.Writes{{Actor: session("new"), Rows: []records.Row{message(1, "n1")}}, {Actor: session("a"), Rows: []records.Row{message(2, "a2")}}}))
	got, err := s.Load(session("new"), tails)
	if err != nil || !reflect.DeepEqual(bodies(got.Rows), []string{"n1"}) {
		t.Errorf("after it: %q %v", bodies(got.Rows), err)
	}
}

func TestReadOnlyIsSaid(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "chat.db"), store.Options{})
	s.QueryOnly(t)
	err := s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{message(1, "a1")}}})
	if !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("got %v", err)
	}
}

func TestBackup(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "chat.db"), store.Options{})
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{message(1, "a1")}}}))
	reader := open(t, filepath.Join(dir, "chat.db"), store.Options{ReadOnly: true})
	copyAt := filepath.Join(dir, "copy.db")
	must(t, reader.Backup(copyAt))
	if err := s.Backup(copyAt); err == nil {
		t.Error("a backup replaced a file")
	}
	must(t, s.Apply([]store.Writes{{Actor: session("a"), Rows: []records.Row{message(2, "a2")}}}))
	c := open(t, copyAt, store.Options{})
	got, err := c.Load(session("a"), tails)
	if err != nil || !reflect.DeepEqual(bodies(got.Rows), []string{"a1"}) {
		t.Errorf("copy holds %q %v", bodies(got.Rows), err)
	}
	if info, err := os.Stat(copyAt); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", info.Mode(), err)
	}
}

func TestMessagesAreFound(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "chat.db"), store.Options{})
	row := func(m records.Message) records.Row { return m.Row() }
	must(t, s.Apply([]store.Writes{
		{Actor: session("a"), Rows: []records.Row{row(records.Message{Seq: 1, ClientID: "m1", Body: "a1"}), row(records.Message{Seq: 2, DeskID: "7", Body: "a2", Edited: true}),
			row(records.Message{Seq: 3, Body: "a3"}), row(records.Message{Seq: 4, DeskID: "8", Deleted: true, Body: "a4"}), row(records.Message{Seq: 5, ClientID: "m1", Body: "a5"})}},
		{Actor: session("b"), Rows: []records.Row{row(records.Message{Seq: 1, ClientID: "m1", Body: "b1"}), row(records.Message{Seq: 2, DeskID: "7", Edited: true, Body: "b2"})}},
	}))
	for _, c := range []struct {
		who  string
		find records.Find
		want []string
	}{
		{"a", records.Find{ClientID: "m1", Limit: 5}, []string{"a5", "a1"}},
		{"a", records.Find{ClientID: "m1", Before: 5, Limit: 5}, []string{"a1"}},
		{"a", records.Find{DeskID: "7", Limit: 1}, []string{"a2"}},
		{"b", records.Find{DeskID: "7", Limit: 1}, []string{"b2"}},
		{"a", records.Find{DeskID: "9", Limit: 1}, nil},
		{"a", records.Find{DeskID: "77 8 9 7", Limit: 4}, []string{"a4", "a2"}},
		{"a", records.Find{DeskID: "77 88", Limit: 2}, nil},
		{"a", records.Find{UpTo: "77", Limit: 5}, []string{"a2"}},
		{"a", records.Find{After: "7", UpTo: "77", Limit: 5}, nil},
		{"a", records.Find{After: "6", UpTo: "7", DeskID: "8 77", Limit: 5}, []string{"a2"}},
		{"a", records.Find{UpTo: "77", DeskID: "8 7", Limit: 5}, nil},
		{"a", records.Find{Changed: true, Limit: 5}, []string{"a4", "a2"}},
		{"a", records.Find{Changed: true, Limit: 1}, []string{"a4"}},
		{"a", records.Find{}, nil},
		{"nobody", records.Find{ClientID: "m1", Limit: 5}, nil},
	} {
		got, err := s.Find(session(c.who), c.find)
		if must(t, err); !reflect.DeepEqual(bodies(got), c.want) {
			t.Errorf("%s %+v finds %q, want %q", c.who, c.find, bodies(got), c.want)
		}
		for _, r := range got { // whoever has no SQL says the same
			if !c.find.Fits(records.MessageOf(r)) {
				t.Errorf("%s %+v finds %q, which does not fit", c.who, c.find, records.MessageOf(r).Body)
			}
		}
	}
}
