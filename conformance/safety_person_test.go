package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// owner runs a command of the program against a host that runs, as its owner.
func (s *strict) owner(args ...string) string {
	s.t.Helper()
	ctx := within(s.t)
	cmd := exec.CommandContext(ctx, binary, append(args[:1:1], append([]string{"--url", s.origin}, args[1:]...)...)...)
	cmd.Dir, cmd.Env = s.dir, []string{"ADMIN_SECRET=" + strictAdmin}
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%v: %v\n%s", args, err, trouble.String())
	}
	return string(out)
}

// kept is what the program prints of a person.
type kept struct{ Conversations []keptConversation }

type keptConversation struct {
	Site, Name, Email, DiscordThread string
	Messages                         []struct{ From, Author, Text string }
}

func (s *strict) kept(v visitor) (k kept, whole string) {
	s.t.Helper()
	whole = s.owner("export", v.email)
	if err := json.Unmarshal([]byte(whole), &k); err != nil {
		s.t.Fatal(err, whole)
	}
	slices.SortFunc(k.Conversations, func(a, b keptConversation) int { return strings.Compare(b.Site, a.Site) })
	return k, whole
}

// TestForgetAndExport holds that the owner of a running chat gets all that is
// kept of a person, at each of their sites, and can delete all of it, with the
// threads in Discord; and that nobody else's is touched.
func TestForgetAndExport(t *testing.T) {
	t.Parallel()
	s, ada := newStrict(t), member(t, "Ada")
	v, other := somebody(t, "Forget Mee"), somebody(t, "Stay")
	v.email = "Forget.Mee-" + v.email
	c := s.dial(s.address())
	hello := s.enter(c, v, nil)
	c.send("message", map[string]any{"message": "remember the unforgettable", "id": "a"})
	thread := ada.threadOf(v)
	ada.sees(thread, "unforgettable")
	ada.post(thread, "never heard of it")
	for c.find("message").Author != "Ada" {
	}
	there := s.dialFrom(s.address(), strictOther, 0)
	s.enter(there, visitor{"Forget Me There", v.email, "/"}, map[string]any{"turnstileToken": "human-of-the-other" + s.human()})
	there.send("message", map[string]any{"message": "and what I said there", "id": "b"})
	var second string
	until(t, "a thread of the other site", func() error {
		list, err := ada.threads()
		for _, th := range list {
			if said, _ := ada.transcript(th.ID); strings.Contains(said, "what I said there") {
				second = th.ID
			}
		}
		if err == nil && second == "" {
			err = os.ErrNotExist
		}
		return err
	})
	o := s.dial(s.address())
	s.enter(o, other, nil)
	o.send("message", map[string]any{"message": "I stay", "id": "a"})
	o.find("ack")

	who := visitor{email: " " + strings.ToUpper(v.email)}
	k, whole := s.kept(who)
	if len(k.Conversations) != 2 {
		t.Fatalf("exported %s", whole)
	}
	first := k.Conversations[0]
	if first.Site != strictShop || first.Name != v.name || first.DiscordThread != thread || len(first.Messages) != 2 || first.Messages[0].From != "visitor" ||
		first.Messages[0].Text != "remember the unforgettable" || first.Messages[1].Author != "Ada" || k.Conversations[1].DiscordThread != second {
		t.Errorf("exported %s", whole)
	}
	for _, secret := range []string{hello.SessionID, hello.Route, other.email, "I stay"} {
		if strings.Contains(whole, secret) {
			t.Errorf("an export of a person holds %q", secret)
		}
	}

	if said := s.owner("forget", "--threads", who.email); !strings.Contains(said, "Deleted 2 conversations here, and 2 threads in Discord.") {
		t.Errorf("forget says %q", said)
	}
	if code := c.wantClose(); code != 4504 {
		t.Errorf("the open window was closed with %d", code)
	}
	for _, id := range []string{thread, second} {
		if err := ada.call("GET", "/channels/"+id, nil, nil); err == nil {
			t.Errorf("the thread %s is still there", id)
		}
	}
	if k, whole := s.kept(who); len(k.Conversations) != 0 {
		t.Errorf("still kept: %s", whole)
	}
	back := s.dial(s.address())
	if again := s.enter(back, somebody(t, "New"), map[string]any{"sessionId": hello.SessionID}); again.Restored {
		t.Error("the forgotten conversation came back")
	}
	s.nowhere("unforgettable", "orget.Mee-", "Forget Me")
	o.send("message", map[string]any{"message": "and go on", "id": "b"})
	o.find("ack")
	if k, whole := s.kept(other); len(k.Conversations) != 1 || len(k.Conversations[0].Messages) != 2 {
		t.Errorf("of the other visitor is kept: %s", whole)
	}
	if a := s.ask("POST", "/admin/forget", strictAdmin, `{"email":"`+other.email+`","threads":"all"}`); a.status != http.StatusBadRequest {
		t.Errorf("a body of another form: %d %s", a.status, a.body)
	}
}

// TestForgetAfterAMove holds that what is kept of somebody whom the site knows by
// a name of its own is found under the address that they have, and only there.
func TestForgetAfterAMove(t *testing.T) {
	t.Parallel()
	s := newStrict(t)
	was, is := somebody(t, "Mia"), somebody(t, "Mia")
	user := "user-" + was.email[:12]
	enter := func(v visitor) *client {
		c := s.dial(s.address())
		s.enter(c, v, signedAs(v.email, user, time.Now().Add(time.Hour)))
		return c
	}
	c := enter(was)
	c.send("message", map[string]any{"message": "where I live now", "id": "a"})
	c.find("ack")
	enter(is)
	until(t, "what is kept under the new address", func() error {
		if k, whole := s.kept(is); len(k.Conversations) != 1 || k.Conversations[0].Email != is.email {
			return errors.New(whole)
		}
		return nil
	})
	if said := s.owner("forget", was.email); !strings.Contains(said, "Deleted 0 conversations") {
		t.Errorf("under the old address: %q", said)
	}
	if said := s.owner("forget", is.email); !strings.Contains(said, "Deleted 1 conversation here") {
		t.Errorf("under the new address: %q", said)
	}
	for _, v := range []visitor{was, is} {
		if k, whole := s.kept(v); len(k.Conversations) != 0 {
			t.Errorf("still kept: %s", whole)
		}
	}
}

// nowhere holds that no file of the host has a text in it.
func (s *strict) nowhere(texts ...string) {
	s.t.Helper()
	files := 0
	err := filepath.WalkDir(filepath.Join(s.dir, "data"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		for _, text := range texts {
			if bytes.Contains(raw, []byte(text)) {
				s.t.Errorf("%q stands in %s", text, path)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		s.t.Errorf("%d files of the host: %v", files, err)
	}
}
