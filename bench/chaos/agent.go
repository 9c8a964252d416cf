package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

var client = &http.Client{Timeout: patience}

// call asks the stand-in as a member of the team.
func (p *pair) call(method, path string, body, answer any) (status int, err error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	r, err := http.NewRequest(method, "http://"+p.discordAddr+"/api/v10"+path, bytes.NewReader(raw))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "User Ada")
	r.Header.Set("Content-Type", "application/json")
	a, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer a.Body.Close()
	if a.StatusCode/100 != 2 {
		return a.StatusCode, fmt.Errorf("%s %s: status %d", method, path, a.StatusCode)
	}
	return a.StatusCode, json.NewDecoder(a.Body).Decode(answer)
}

type post struct {
	ID      string `json:"id"`
	Content string `json:"content"`
	Author  struct {
		Bot bool `json:"bot"`
	} `json:"author"`
}

// threads of a visitor; there must never be two.
func (v *person) threads() ([]string, error) {
	var list struct {
		Threads []struct{ ID, Name string } `json:"threads"`
	}
	if _, err := v.pair.call(http.MethodGet, "/guilds/"+v.pair.guild+"/threads/active", nil, &list); err != nil {
		return nil, err
	}
	var ids []string
	for _, t := range list.Threads {
		if strings.HasSuffix(t.Name, v.email) {
			ids = append(ids, t.ID)
		}
	}
	return ids, nil
}

// posts of a thread, oldest first.
func (v *person) posts(thread string) ([]post, error) {
	var all []post
	for before := ""; ; {
		var page []post
		path := "/channels/" + thread + "/messages?limit=100"
		if before != "" {
			path += "&before=" + before
		}
		if _, err := v.pair.call(http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < 100 {
			slices.Reverse(all)
			return all, nil
		}
		before = page[len(page)-1].ID
	}
}

// answer posts in the visitor's thread until stop is closed. A post whose
// answer was lost is looked for before it is tried again.
func (v *person) answer(stop chan struct{}) {
	defer func() {
		v.mu.Lock()
		v.quiet = true
		v.mu.Unlock()
	}()
	thread := ""
	for n := 0; ; {
		select {
		case <-stop:
			return
		case <-time.After(900 * time.Millisecond):
		}
		if thread == "" {
			if ids, err := v.threads(); err != nil || len(ids) == 0 {
				continue
			} else {
				thread = ids[0]
			}
		}
		text := fmt.Sprintf("a%d-%04d.", v.n, n)
		if v.posted(thread, text) {
			v.mu.Lock()
			v.answered = append(v.answered, text)
			v.mu.Unlock()
			n++
		}
	}
}

// posted brings a post into the thread; it gives up only when it is surely not
// there.
func (v *person) posted(thread, text string) bool {
	var p post
	status, err := v.pair.call(http.MethodPost, "/channels/"+thread+"/messages", map[string]any{"content": text}, &p)
	if err == nil {
		return true
	}
	if status != 0 && status < 500 {
		return false // refused, a rate limit: not there
	}
	for {
		list, err := v.posts(thread)
		if err == nil {
			return slices.ContainsFunc(list, func(p post) bool { return p.Content == text })
		}
		time.Sleep(300 * time.Millisecond)
	}
}

var token = regexp.MustCompile(`v\d+-\d{4}\.`)

// inThread compares what the team reads with what the visitor said.
func (v *person) inThread() error {
	ids, err := v.threads()
	if err != nil {
		return err
	}
	if len(v.said) == 0 {
		return nil
	}
	if len(ids) != 1 {
		return fmt.Errorf("%d threads", len(ids))
	}
	list, err := v.posts(ids[0])
	if err != nil {
		return err
	}
	var got []string
	for _, p := range list {
		if p.Author.Bot {
			got = append(got, token.FindAllString(strings.ReplaceAll(p.Content, `\`, ""), -1)...)
		}
	}
	return compare("the thread", v.said, got)
}
