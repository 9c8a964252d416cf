package edge_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/edge"
)

// TestSchemaTellsEveryTail holds that a host learns what each kind of the
// registry's actors is rebuilt from. Where one is missing, an object forgets when
// it hibernates.
func TestSchemaTellsEveryTail(t *testing.T) {
	var told struct {
		Tails map[string][]chat.Tail
	}
	reply := new(edge.Border).Call(edge.OpSchema, nil)
	if err := json.Unmarshal(reply[1:], &told); err != nil {
		t.Fatal(err)
	}
	email, thread, bearer := chat.EmailKey("x"), chat.ThreadKey("1"), chat.BearerKey("x")
	address, ok := chat.AddressKey([]byte("secret"), "192.0.2.1", 0)
	if !ok {
		t.Fatal("no address")
	}
	person := chat.Address{Kind: chat.KindRegistry, Key: "person:x"}
	for _, a := range []chat.Address{email, thread, bearer, address, person} {
		kind, _, _ := strings.Cut(a.Key, ":")
		if got, want := told.Tails[kind], chat.RegistryTails(a.Key); !slices.Equal(got, want) {
			t.Errorf("%s: told %v, want %v", kind, got, want)
		}
	}
}
