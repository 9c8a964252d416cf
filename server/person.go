package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloudflarechat/chat"
	"cloudflarechat/chat/person"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord"
	"cloudflarechat/discord/wire"
	"cloudflarechat/store"
)

// Person is everything that is kept of somebody, by their e-mail address.
type Person = person.Data

// Forgotten says what was deleted.
type Forgotten = person.Forgotten

// ExportPerson reads what a data directory keeps of somebody. The server may
// run meanwhile.
func ExportPerson(dataDir, email string) (p Person, err error) {
	if err := hasConversations(dataDir); err != nil {
		return Person{}, err
	}
	st, err := store.Open(filepath.Join(dataDir, databaseFile), store.Options{ReadOnly: true})
	if err != nil {
		return Person{}, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	// What only reads brings nothing up to date.
	version, err := st.SchemaVersion()
	if err != nil {
		return p, err
	}
	if version < records.SchemaVersion {
		return p, fmt.Errorf("server: the conversations in %s were written by an earlier release: start the chat there once with this one, then export", dataDir)
	}
	return personIn(st, email, true)
}

// hasConversations refuses a folder without a database, which may be a slip of
// the fingers.
func hasConversations(dataDir string) error {
	if _, err := os.Stat(filepath.Join(dataDir, databaseFile)); err != nil {
		return fmt.Errorf("server: there are no conversations in %s", dataDir)
	}
	return nil
}

// ForgetPerson deletes what a data directory keeps of somebody, while no server
// works with it. Threads in Discord stay.
func ForgetPerson(dataDir string, secret []byte, email string) (f Forgotten, err error) {
	if err := hasConversations(dataDir); err != nil {
		return f, err
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
	for i := range p.Sessions {
		c := &p.Sessions[i]
		for _, a := range actorsOf(st, secret, c) {
			writes = append(writes, store.Writes{Actor: storeActor(a), Erase: true})
		}
		for _, t := range c.Threads {
			f.Deleted(t, false)
		}
	}
	if len(writes) > 0 {
		if err := st.Apply(writes); err != nil {
			return f, err
		}
	}
	f.Sessions = len(p.Sessions)
	// Of somebody of whom nothing is kept it may be that their log was kept before.
	emptied, err := emptyLog(context.Background(), systemClock{}, st)
	f.LogKept = !emptied
	return f, err
}

// actorsOf lists the actors that hold something of a conversation: itself, the
// ways into it, and what leads to its threads.
func actorsOf(st *store.Store, secret []byte, c *person.Conversation) []chat.Address {
	at := chat.SessionAt(c.Route)
	list := []chat.Address{at, chat.EmailKey(chat.HashEmail(secret, c.Site, c.Email))}
	for _, t := range c.Threads {
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
	p, err := person.New(email, chat.Time(time.Now().UnixMilli()))
	if err != nil {
		return p, fmt.Errorf("server: %w", err)
	}
	var trouble error
	err = st.Actors(uint8(chat.KindSession), func(key string, _ int64) bool {
		actor := store.Actor{Kind: uint8(chat.KindSession), Key: key}
		rows, err := st.Range(actor, records.TableSession, 0, 1)
		if err != nil {
			trouble = err
			return false
		}
		if len(rows) == 0 {
			return true
		}
		if c := p.Add(chat.Route(key), rows[0], nil); c != nil && whole {
			if rows, err = messagesIn(st, actor); err != nil {
				trouble = err
				return false
			}
			c.Say(rows)
		}
		return true
	})
	return p, errors.Join(err, trouble)
}

// messagesIn reads all messages of a conversation, newest first.
func messagesIn(st *store.Store, actor store.Actor) (all []records.Row, err error) {
	const page = 500
	for before := int64(0); ; before = all[len(all)-1].Key {
		rows, err := st.Range(actor, records.TableMessage, before, page)
		if all = append(all, rows...); err != nil || len(rows) < page {
			return all, err
		}
	}
}

// forget deletes what is kept of somebody while the server runs; with threads
// in Discord too.
func (s *Server) forget(ctx context.Context, email string, threads bool) (f Forgotten, err error) {
	p, err := personIn(s.store, email, false)
	if err != nil {
		return f, err
	}
	// What has to wait for others is bounded; what is deleted here is deleted whole.
	bounded, cancel := context.WithTimeout(ctx, adminWithin)
	defer cancel()
	for i := range p.Sessions {
		c := &p.Sessions[i]
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
		for _, t := range c.Threads {
			f.Deleted(t, threads && s.deleteThread(bounded, t))
		}
	}
	emptied, err := emptyLog(bounded, s.opt.Clock, s.store)
	if f.LogKept = !emptied; f.LogKept {
		s.emptyLogLater()
	}
	return f, err
}

// deleteThread deletes a thread and the post that opened it.
func (s *Server) deleteThread(ctx context.Context, id chat.ThreadID) bool {
	if s.opt.DiscordToken == "" {
		return false
	}
	client := newDiscordClient(s.opt.DiscordAPI, s.opt.DiscordToken, s.opt.Version, s.opt.HTTPClient)
	removal := discord.NewRemoval(s.opt.Clock.Now(), wire.Snowflake(s.opt.DiscordChannel), wire.Snowflake(id))
	for {
		request, pause, ok := removal.Next()
		if !ok {
			break
		}
		if pause > 0 {
			wait, release := s.opt.Clock.After(millis(pause))
			select {
			case <-wait:
				release()
			case <-ctx.Done():
				release()
				return false
			}
		}
		done := client.do(ctx, &request)
		removal.Answered(&done)
	}
	if removal.Refused() {
		s.opt.Log.Warn("Discord did not delete a thread: the bot needs Manage Threads")
	}
	return removal.Gone()
}
