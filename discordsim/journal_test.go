package discordsim_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudflarechat/discordsim"
)

// TestJournal starts a stand-in anew from its journal, the last line of which was cut off by the end of the first.
func TestJournal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "journal")
	begin := func() *discordsim.Server {
		s := discordsim.New(discordsim.Options{})
		if err := s.OpenJournal(file); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		return s
	}
	call := func(s *discordsim.Server, method, path, body string) string {
		t.Helper()
		r, err := http.NewRequest(method, s.APIURL()+"/v10"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "User Ada")
		r.Header.Set("Content-Type", "application/json")
		a, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Body.Close()
		b, err := io.ReadAll(a.Body)
		if err != nil || a.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s %v", method, path, a.StatusCode, b, err)
		}
		return string(b)
	}
	first := begin()
	channel := "/channels/" + first.ChannelID() + "/messages"
	call(first, http.MethodPost, channel, `{"content":"kept"}`)
	before := call(first, http.MethodGet, channel, "")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"now":1,"kind":"re`); err != nil {
		t.Fatal(err)
	}
	f.Close()

	second := begin()
	defer second.Close()
	if first.ChannelID() != second.ChannelID() {
		t.Errorf("the channel is %s now, was %s", second.ChannelID(), first.ChannelID())
	}
	if after := call(second, http.MethodGet, channel, ""); after != before {
		t.Errorf("the channel holds\n%s\nwas\n%s", after, before)
	}
	call(second, http.MethodPost, channel, `{"content":"and on"}`)
}
