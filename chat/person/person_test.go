package person_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"cloudflarechat/chat"
	"cloudflarechat/chat/person"
	"cloudflarechat/chat/records"
)

// sample is a person with two conversations, one of them without a word.
func sample(t *testing.T) person.Data {
	t.Helper()
	d, err := person.New(" Ann@visitor.example ", 1_790_000_001_234)
	if err != nil || d.Email != "Ann@visitor.example" {
		t.Fatal(d, err)
	}
	full := &records.Session{Site: "https://shop.example", Name: "Ann \"A\" <b>", Email: "ann@VISITOR.example", Verified: true, Page: "/a?b=c&d",
		Locale: "de", CreatedAtMs: 1_790_000_000_000, ActiveAtMs: 1_790_000_000_120, ThreadID: "11", OpeningID: "11", PreviousThreadID: "7"}
	messages := []chat.Row{
		(&records.Message{Seq: 3, AtMs: 951_782_400_007, Body: "a day in four years"}).Row(),
		(&records.Message{Seq: 2, Sender: int64(chat.SenderAgent), AtMs: 1_790_000_000_500, Author: "Ada", Body: "Bye\n\"you\"", Edited: true}).Row(),
		(&records.Message{Seq: 1, Sender: int64(chat.SenderVisitor), AtMs: 1_790_000_000_100, Body: "Hi", Page: "/a", Deleted: true}).Row(),
	}
	if d.Add("there", full.Row(), messages) == nil || d.Add("elsewhere", (&records.Session{Email: "ann@visitor.example"}).Row(), nil) == nil {
		t.Fatal("a conversation of the person was left out")
	}
	if d.Add("another", (&records.Session{Email: "anne@visitor.example"}).Row(), nil) != nil {
		t.Fatal("another's conversation was taken in")
	}
	return d
}

// TestData holds what is said of a person, and in which threads it stands.
func TestData(t *testing.T) {
	d := sample(t)
	c := d.Sessions[0]
	if len(d.Sessions) != 2 || c.Route != "there" || len(c.Threads) != 2 || c.Threads[0] != "11" || c.Threads[1] != "7" {
		t.Errorf("%+v", d)
	}
	if m := c.Messages; len(m) != 3 || m[0].From != "visitor" || m[0].Text != "Hi" || m[1].From != "agent" || m[1].Author != "Ada" {
		t.Errorf("%+v", c.Messages)
	}
	if _, err := person.New(" ", 1); err == nil {
		t.Error("nobody has no address")
	}
}

// TestJSON holds that what is written is what encoding/json reads and writes.
func TestJSON(t *testing.T) {
	d := sample(t)
	f := person.Forgotten{Sessions: 2}
	f.Deleted("11", true)
	for range 2 {
		for _, v := range []struct {
			whole   any
			written []byte
		}{{d, d.AppendJSON(nil)}, {f, f.AppendJSON(nil)}} {
			var want bytes.Buffer
			enc := json.NewEncoder(&want)
			enc.SetEscapeHTML(false)
			if err := enc.Encode(v.whole); err != nil {
				t.Fatal(err)
			}
			if got := string(v.written) + "\n"; got != want.String() {
				t.Errorf("written\n%s\nwant\n%s", got, want.String())
			}
		}
		d.Sessions = []person.Conversation{}
		f.Deleted("7", false)
		f.LogKept = true
	}
}

// TestReadAsk holds which bodies name somebody.
func TestReadAsk(t *testing.T) {
	for body, want := range map[string]person.Ask{
		`{"email":" a@b.example "}`:                     {Email: "a@b.example"},
		`{"email":"a@b.example","threads":true,"x":[]}`: {Email: "a@b.example", Threads: true},
		`{"email":""}`: {}, `{"email":" "}`: {}, `{}`: {}, ``: {}, `[]`: {}, `{"email":7}`: {}, `{"email":"a@b.example","threads":"yes"}`: {}, `{"email":"a@b.example"`: {},
	} {
		got, ok := person.ReadAsk([]byte(body))
		if ok != (want != person.Ask{}) || ok && got != want {
			t.Errorf("%s: %+v %v", body, got, ok)
		}
	}
}
