package edge_test

import (
	"strings"
	"testing"

	"cloudflarechat/chat"
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
