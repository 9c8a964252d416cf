package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/store"
)

// Person is everything that is kept of somebody, by their e-mail address.
type Person struct {
	Email      string         `json:"email"`
	ExportedAt time.Time      `json:"exportedAt"`
	Sessions   []Conversation `json:"conversations"`
}

// Conversation is one conversation of a [Person].
type Conversation struct {
	Site     string    `json:"site,omitempty"`
	Name     string    `json:"name"`
	Email    string    `json:"email"`
	Verified bool      `json:"verified"`
	Page     string    `json:"page,omitempty"`
	Locale   string    `json:"locale,omitempty"`
	Began    time.Time `json:"began"`
	Active   time.Time `json:"lastActive"`
	// Thread is the id of the thread in Discord, where a copy of the texts is.
	Thread   string   `json:"discordThread,omitempty"`
	Messages []Spoken `json:"messages"`

	route   chat.Route
	threads []chat.ThreadID
}

// Spoken is one message of a [Conversation].
type Spoken struct {
	At      time.Time `json:"at"`
	From    string    `json:"from"`
	Author  string    `json:"author,omitempty"`
	Text    string    `json:"text"`
	Page    string    `json:"page,omitempty"`
	Edited  bool      `json:"edited,omitempty"`
	Deleted bool      `json:"deleted,omitempty"`
}

// Forgotten says what was deleted.
type Forgotten struct {
	Sessions int `json:"conversations"`
	// Threads were deleted in Discord; KeptThreads could not be, or nobody asked.
	Threads     int      `json:"threadsDeleted"`
	KeptThreads []string `json:"threadsKept,omitempty"`
}

// ExportPerson reads what a data directory keeps of somebody. The server may
// run meanwhile.
func ExportPerson(dataDir, email string) (Person, error) {
	st, err := store.Open(filepath.Join(dataDir, databaseFile), store.Options{ReadOnly: true})
	if err != nil {
		return Person{}, err
	}
	p, err := personIn(st, email, true)
	return p, errors.Join(err, st.Close())
}

// ForgetPerson deletes what a data directory keeps of somebody, while no server
// works with it. Threads in Discord stay.
func ForgetPerson(dataDir string, secret []byte, email string) (f Forgotten, err error) {
	if _, err := os.Stat(filepath.Join(dataDir, databaseFile)); err != nil {
		return f, fmt.Errorf("server: there are no conversations in %s", dataDir)
	}
	st, err := store.Open(filepath.Join(dataDir, databaseFile), store.Options{})
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	if secret, err = dataSecret(secret, dataDir, nil); err != nil {
		return f, err
	}
	p, err := personIn(st, email, false)
	if err != nil {
		return f, err
	}
	var writes []store.Writes
	for _, c := range p.Sessions {
		for _, a := range actorsOf(st, secret, c) {
			writes = append(writes, store.Writes{Actor: storeActor(a), Erase: true})
		}
		for _, t := range c.threads {
			f.KeptThreads = append(f.KeptThreads, string(t))
		}
	}
	if len(writes) > 0 {
		err = errors.Join(st.Apply(writes), st.Scrub())
	}
	f.Sessions = len(p.Sessions)
	return f, err
}

// actorsOf lists the actors that hold something of a conversation: itself, the
// ways into it, and what leads to its threads.
func actorsOf(st *store.Store, secret []byte, c Conversation) []chat.Address {
	at := chat.SessionAt(c.route)
	list := []chat.Address{at, chat.EmailKey(chat.HashEmail(secret, c.Site, c.Email))}
	for _, t := range c.threads {
		list = append(list, chat.ThreadKey(t))
	}
	if rows, err := st.Range(storeActor(at), records.TableSession, 0, 1); err == nil && len(rows) > 0 {
		rec := records.SessionOf(rows[0])
		list = append(list, chat.BearerKey(rec.BearerHash))
		if rec.Person != "" {
			list = append(list, chat.Address{Kind: chat.KindRegistry, Key: rec.Person})
		}
	}
	if rows, err := st.Range(storeActor(at), records.TableSessionBearer, 0, 100); err == nil {
		for _, r := range rows {
			list = append(list, chat.BearerKey(records.SessionBearerOf(r).Hash))
		}
	}
	return list
}

// personIn looks through all conversations. The registry would find them by a
// hash, but only those in which something was said.
func personIn(st *store.Store, email string, whole bool) (Person, error) {
	p := Person{Email: strings.TrimSpace(email), ExportedAt: time.Now().UTC().Truncate(time.Second), Sessions: []Conversation{}}
	if p.Email == "" {
		return p, errors.New("server: an e-mail address is missing")
	}
	var trouble error
	err := st.Actors(uint8(chat.KindSession), func(key string, _ int64) bool {
		actor := store.Actor{Kind: uint8(chat.KindSession), Key: key}
		rows, err := st.Range(actor, records.TableSession, 0, 1)
		if err != nil {
			trouble = err
			return false
		}
		if len(rows) == 0 {
			return true
		}
		rec := records.SessionOf(rows[0])
		if !strings.EqualFold(rec.Email, p.Email) {
			return true
		}
		c := conversationOf(chat.Route(key), rec)
		if whole {
			if c.Messages, err = messagesIn(st, actor); err != nil {
				trouble = err
				return false
			}
		}
		p.Sessions = append(p.Sessions, c)
		return true
	})
	return p, errors.Join(err, trouble)
}

func conversationOf(route chat.Route, rec *records.Session) Conversation {
	c := Conversation{Site: rec.Site, Name: rec.Name, Email: rec.Email, Verified: rec.Verified, Page: rec.Page, Locale: rec.Locale,
		Began: momentOf(rec.CreatedAtMs), Active: momentOf(rec.ActiveAtMs), Thread: rec.ThreadID, route: route, Messages: []Spoken{}}
	seen := map[string]bool{"": true}
	for _, id := range []string{rec.ThreadID, rec.OpeningID, rec.PreviousThreadID} {
		if !seen[id] {
			seen[id] = true
			c.threads = append(c.threads, chat.ThreadID(id))
		}
	}
	return c
}

func messagesIn(st *store.Store, actor store.Actor) ([]Spoken, error) {
	const page = 500
	all := []Spoken{}
	for before := int64(0); ; {
		rows, err := st.Range(actor, records.TableMessage, before, page)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			m := records.MessageOf(r)
			before = m.Seq
			all = append(all, Spoken{At: momentOf(m.AtMs), From: map[chat.Sender]string{chat.SenderVisitor: "visitor", chat.SenderAgent: "agent"}[chat.Sender(m.Sender)],
				Author: m.Author, Text: m.Body, Page: m.Page, Edited: m.Edited, Deleted: m.Deleted})
		}
		if len(rows) < page {
			break
		}
	}
	for i, j := 0, len(all)-1; i < j; i, j = i+1, j-1 {
		all[i], all[j] = all[j], all[i]
	}
	return all, nil
}

func momentOf(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// forget deletes what is kept of somebody while the server runs; with threads
// in Discord too.
func (s *Server) forget(ctx context.Context, email string, threads bool) (f Forgotten, err error) {
	p, err := personIn(s.store, email, false)
	if err != nil {
		return f, err
	}
	for _, c := range p.Sessions {
		actors := actorsOf(s.store, s.opt.DataSecret, c)
		// The conversation itself goes first: it closes its connections and lets
		// go of the ways into it.
		for _, a := range actors {
			if a.Kind == chat.KindRegistry && !strings.HasPrefix(a.Key, "email:") && !strings.HasPrefix(a.Key, "thread:") {
				continue
			}
			end := func(t chat.Ticket) chat.Event { return chat.EndSession{Ticket: t} }
			if s.engine.ask(ctx, a, end) != chat.StatusTaken {
				return f, errors.New("server: the data could not be deleted; try again")
			}
		}
		f.Sessions++
		for _, t := range c.threads {
			if threads && s.deleteThread(ctx, t) {
				f.Threads++
			} else {
				f.KeptThreads = append(f.KeptThreads, string(t))
			}
		}
	}
	return f, s.store.Scrub()
}

// deleteThread deletes a thread and the post that opened it, which has the same
// id. https://docs.discord.com/developers/resources/channel#deleteclose-channel
func (s *Server) deleteThread(ctx context.Context, id chat.ThreadID) bool {
	if s.opt.DiscordToken == "" {
		return false
	}
	client := newDiscordClient(s.opt.DiscordAPI, s.opt.DiscordToken, s.opt.Version, s.opt.HTTPClient)
	gone := s.deleted(ctx, client, "/channels/"+string(id))
	return s.deleted(ctx, client, "/channels/"+s.opt.DiscordChannel+"/messages/"+string(id)) && gone
}

// deleted asks Discord to delete something, and waits where it says so.
func (s *Server) deleted(ctx context.Context, client *discordClient, path string) bool {
	const tries = 3
	for range tries {
		done := client.do(ctx, &rest.Request{Method: http.MethodDelete, Route: "forget", Path: path})
		switch {
		case done.Status == http.StatusNotFound || done.Status >= 200 && done.Status < 300:
			return true
		case done.Status == http.StatusTooManyRequests, done.Failure != 0, done.Status >= 500:
			wait, release := s.opt.Clock.After(2 * time.Second)
			select {
			case <-wait:
				release()
			case <-ctx.Done():
				release()
				return false
			}
		default:
			s.opt.Log.Warn("Discord did not delete a thread: the bot needs Manage Threads", "status", fmt.Sprint(done.Status))
			return false
		}
	}
	return false
}
