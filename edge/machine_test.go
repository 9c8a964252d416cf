package edge_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/edge"
)

var settings = map[string]string{"DISCORD_SUPPORT_CHANNEL_ID": "112233445566778899", "DATA_SECRET": strings.Repeat("s", 32)}

func machine(t *testing.T) *edge.Machine {
	t.Helper()
	m, err := edge.NewMachine(settings)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func step(t *testing.T, m *edge.Machine, to chat.Address, life edge.Incarnation, e chat.Event, r *chat.Restore) (edge.Status, []chat.Effect) {
	t.Helper()
	reply := m.Step(to, life, 1000, edge.AppendEvent(nil, e), r)
	if edge.Status(reply[0]) != edge.StatusOK {
		return edge.Status(reply[0]), nil
	}
	list, err := edge.ReadEffects(reply[1:])
	if err != nil {
		t.Fatal(err)
	}
	return edge.StatusOK, list
}

// TestIncarnations holds that a cached actor is used only in the life of the
// object that it was built in.
func TestIncarnations(t *testing.T) {
	m, a := machine(t), chat.SessionAt("r")
	open := chat.ConnOpened{Conn: "c"}
	if st, _ := step(t, m, a, "1", open, nil); st != edge.StatusRestore {
		t.Fatalf("an actor that is not there: status %d", st)
	}
	if st, list := step(t, m, a, "1", open, &chat.Restore{}); st != edge.StatusOK || len(list) == 0 {
		t.Fatalf("restored: status %d, %v", st, list)
	}
	ping := chat.FrameReceived{Conn: "c", Data: []byte(chat.PingFrame)}
	if st, list := step(t, m, a, "1", ping, nil); st != edge.StatusOK || len(list) != 1 {
		t.Fatalf("in memory: status %d, %v", st, list)
	}
	if st, _ := step(t, m, a, "2", ping, nil); st != edge.StatusRestore {
		t.Fatalf("another life of the object: status %d", st)
	}
	if st, _ := step(t, m, a, "1", ping, nil); st != edge.StatusRestore {
		t.Fatalf("the old life came back: status %d", st)
	}
	m.Drop(a)
}

// TestPanicDropsTheActor holds that an actor whose step panicked is not used
// again from memory.
func TestPanicDropsTheActor(t *testing.T) {
	m, a := machine(t), chat.SessionAt("r")
	step(t, m, a, "1", chat.ConnOpened{Conn: "c"}, &chat.Restore{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("an event for another kind of actor did not panic")
			}
		}()
		m.Step(a, "1", 1, edge.AppendEvent(nil, chat.BindBearer{}), nil)
	}()
	if st, _ := step(t, m, a, "1", chat.ConnOpened{Conn: "c"}, nil); st != edge.StatusRestore {
		t.Errorf("after a panic: status %d", st)
	}
}

// TestMemoryIsBounded gives far more actors than fit.
func TestMemoryIsBounded(t *testing.T) {
	m := machine(t)
	first := chat.SessionAt("0")
	step(t, m, first, "1", chat.ConnOpened{Conn: "c"}, &chat.Restore{})
	for i := range 5000 {
		a := chat.SessionAt(chat.Route("r" + string(rune(0x4e00+i))))
		step(t, m, a, "1", chat.ConnOpened{Conn: "c"}, &chat.Restore{})
	}
	if st, _ := step(t, m, first, "1", chat.ConnOpened{Conn: "c"}, nil); st != edge.StatusRestore {
		t.Error("the quietest actor is still in memory")
	}
	last := chat.SessionAt(chat.Route("r" + string(rune(0x4e00+4999))))
	if st, _ := step(t, m, last, "1", chat.ConnOpened{Conn: "d"}, nil); st != edge.StatusOK {
		t.Error("the newest actor was dropped")
	}
}

// TestMemoryIsBoundedByWeight gives few actors that together are larger than an
// isolate: conversations of the longest messages, restored, and one that grows.
func TestMemoryIsBoundedByWeight(t *testing.T) {
	m := machine(t)
	long := strings.Repeat("ж", chat.MaxMessageUnits)
	var rows []chat.Row
	for seq := range int64(chat.TailMessages) {
		rows = append(rows, (&records.Message{Seq: seq + 1, Sender: int64(chat.SenderAgent), Body: long}).Row())
	}
	at := func(i int) chat.Address { return chat.SessionAt(chat.Route(fmt.Sprint("r", i))) }
	open := chat.ConnOpened{Conn: "c"}
	inMemory := func(n int) (kept int) {
		for i := range n {
			if st, _ := step(t, m, at(i), "1", chat.ConnClosed{Conn: "none"}, nil); st == edge.StatusOK {
				kept++
			}
		}
		return kept
	}
	const n = 30 // of four megabytes each
	for i := range n {
		if st, _ := step(t, m, at(i), "1", open, &chat.Restore{Rows: rows}); st != edge.StatusOK {
			t.Fatalf("status %d", st)
		}
		if st, _ := step(t, m, at(i), "1", open, nil); st != edge.StatusOK {
			t.Fatal("the one that was used last is not in memory")
		}
	}
	if kept := inMemory(n); kept == 0 || kept > 4 {
		t.Errorf("%d of them are in memory", kept)
	}

	// What is saved weighs too, where nothing was restored.
	busy, err := edge.NewMachine(map[string]string{"DISCORD_SUPPORT_CHANNEL_ID": settings["DISCORD_SUPPORT_CHANNEL_ID"],
		"DATA_SECRET": settings["DATA_SECRET"], "MESSAGES_PER_MINUTE": "100000"})
	if err != nil {
		t.Fatal(err)
	}
	m = busy
	form := []byte(`{"type":"init","data":{"name":"Ann","email":"ann@mail.example","page":"/","since":0}}`)
	message := []byte(`{"type":"message","data":{"message":"` + strings.Repeat("😀", chat.MaxMessageGraphemes) + `"}}`)
	for i := range n {
		step(t, m, at(i), "1", open, &chat.Restore{})
		_, effects := step(t, m, at(i), "1", chat.FrameReceived{Conn: "c", Data: form}, nil)
		for _, f := range effects {
			if tell, ok := f.(chat.Tell); ok && strings.HasPrefix(tell.To.Key, "bearer:") {
				step(t, m, at(i), "1", chat.BearerBound{Hash: strings.TrimPrefix(tell.To.Key, "bearer:")}, nil)
			}
		}
		for range 100 { // of eight kilobytes
			if st, _ := step(t, m, at(i), "1", chat.FrameReceived{Conn: "c", Data: message}, nil); st != edge.StatusOK {
				t.Fatal("the one that was used last is not in memory")
			}
		}
	}
	if kept := inMemory(n); kept == 0 || kept > 20 {
		t.Errorf("of those that grew %d are in memory", kept)
	}

	// One that lives long pushes out no other.
	step(t, m, at(n), "1", open, &chat.Restore{})
	rebuilt := 0
	for i := range 2000 {
		note := chat.ThreadOpened{Route: chat.Route(strings.Repeat("r", 8<<10)), Thread: chat.ThreadID(fmt.Sprint(i))}
		if st, _ := step(t, m, chat.EmailKey("h"), "1", note, nil); st == edge.StatusRestore {
			rebuilt++
			step(t, m, chat.EmailKey("h"), "1", note, &chat.Restore{})
		}
		if st, _ := step(t, m, at(n), "1", chat.ConnClosed{Conn: "none"}, nil); st != edge.StatusOK {
			t.Fatalf("after %d steps of another it is not in memory", i)
		}
	}
	if rebuilt < 2 || rebuilt > 10 {
		t.Errorf("it was rebuilt %d times", rebuilt)
	}
}

func TestSettingsAreChecked(t *testing.T) {
	for name, value := range map[string]string{"DISCORD_SUPPORT_CHANNEL_ID": "support", "DATA_SECRET": "short",
		"RETENTION": "soon", "MESSAGES_PER_MINUTE": "-1"} {
		set := map[string]string{}
		for k, v := range settings {
			set[k] = v
		}
		set[name] = value
		if _, err := edge.NewMachine(set); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
