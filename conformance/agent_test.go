package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// agent is a member of the team, who sits in Discord.
type agent struct {
	t    *testing.T
	name string
	// discord is the origin of the stand-in, channel its support channel.
	discord, channel string
}

// member gives a member of the team of the hosts under test.
func member(t *testing.T, name string) *agent { return &agent{t, name, discordOrigin, channel} }

// message is a message in Discord.
type message struct {
	ID      string `json:"id"`
	Content string `json:"content"`
	Type    int    `json:"type"`
	Author  struct {
		ID       string `json:"id"`
		Username string `json:"username"`
		Bot      bool   `json:"bot"`
	} `json:"author"`
	MentionEveryone bool              `json:"mention_everyone"`
	Mentions        []json.RawMessage `json:"mentions"`
	MentionRoles    []string          `json:"mention_roles"`
	Flags           int               `json:"flags"`
}

// call makes a request of Discord's API as this person.
func (a *agent) call(method, path string, body, answer any) error {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(within(a.t), method, a.discord+"/api/v10"+path, in)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "User "+url.PathEscape(a.name))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s %s", method, path, resp.Status, text)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(text, answer)
}

func (a *agent) must(method, path string, body, answer any) {
	a.t.Helper()
	if err := a.call(method, path, body, answer); err != nil {
		a.t.Fatal(err)
	}
}

// thread is a thread of the support channel.
type thread struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	ParentID string `json:"parent_id"`
}

// threads gives the active threads of the support channel.
func (a *agent) threads() ([]thread, error) {
	var ch struct {
		GuildID string `json:"guild_id"`
	}
	if err := a.call("GET", "/channels/"+a.channel, nil, &ch); err != nil {
		return nil, err
	}
	var list struct{ Threads []thread }
	if err := a.call("GET", "/guilds/"+ch.GuildID+"/threads/active", nil, &list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list.Threads, func(th thread) bool { return th.ParentID != a.channel }), nil
}

// threadOf waits for a visitor's thread.
func (a *agent) threadOf(v visitor) string {
	a.t.Helper()
	id := ""
	until(a.t, "a thread for "+v.email, func() error {
		all, err := a.threads()
		if err != nil {
			return err
		}
		for _, th := range all {
			if strings.Contains(th.Name, v.email) {
				if want := "Support: " + v.name + " - " + v.email; th.Name != want {
					return fmt.Errorf("it is called %q, want %q", th.Name, want)
				}
				id = th.ID
				return nil
			}
		}
		return fmt.Errorf("not among the %d threads there are", len(all))
	})
	return id
}

// read gives the messages of a thread, oldest first.
func (a *agent) read(thread string) ([]message, error) {
	var list []message
	if err := a.call("GET", "/channels/"+thread+"/messages?limit=100", nil, &list); err != nil {
		return nil, err
	}
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	return list, nil
}

// newest gives the id of the newest post of a channel; "" where there is none.
func (a *agent) newest(channel string) string {
	a.t.Helper()
	var list []message
	a.must("GET", "/channels/"+channel+"/messages?limit=1", nil, &list)
	if len(list) == 0 {
		return ""
	}
	return list[0].ID
}

// since gives what was posted into a channel behind a post, oldest first, however
// much it is.
func (a *agent) since(channel, post string) (list []message) {
	a.t.Helper()
	for path := "/channels/" + channel + "/messages?limit=100"; ; {
		var page []message
		a.must("GET", path, nil, &page)
		for _, m := range page {
			if m.ID == post {
				slices.Reverse(list)
				return list
			}
			list = append(list, m)
		}
		if len(page) < 100 {
			slices.Reverse(list)
			return list
		}
		path = "/channels/" + channel + "/messages?limit=100&before=" + page[len(page)-1].ID
	}
}

// transcript gives what the bot posted into a thread, in one text.
func (a *agent) transcript(thread string) (string, error) {
	list, err := a.read(thread)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, m := range list {
		if m.Author.Bot {
			b.WriteString(m.Content + "\n")
		}
	}
	return b.String(), nil
}

// sees waits until texts stand in the thread, each once and in this order.
func (a *agent) sees(thread string, texts ...string) {
	a.t.Helper()
	until(a.t, "what the visitor said in the thread", func() error {
		all, err := a.transcript(thread)
		if err != nil {
			return err
		}
		at := 0
		for _, text := range texts {
			if n := strings.Count(all, text); n != 1 {
				return fmt.Errorf("%q stands there %d times, want once:\n%s", text, n, all)
			}
			i := strings.Index(all, text)
			if i < at {
				return fmt.Errorf("%q stands before what was said earlier:\n%s", text, all)
			}
			at = i
		}
		return nil
	})
}

// post says something in a thread and gives the message's id.
func (a *agent) post(thread, text string) string {
	a.t.Helper()
	var m message
	a.must("POST", "/channels/"+thread+"/messages", map[string]any{"content": text}, &m)
	return m.ID
}
