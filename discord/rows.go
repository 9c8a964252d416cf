package discord

import (
	"sort"
	"strconv"
	"strings"

	"cloudflarechat/chat"
	"cloudflarechat/chat/records"
	"cloudflarechat/discord/rest"
	"cloudflarechat/discord/wire"
)

// The keys of the facts in the egress table. Blocks are from keyBlocks on, one a row.
const (
	keyBot int64 = iota + 1
	keyChannel
	keyTag
	keySweep
	keyPause
	keyBan
	keyInvalid
	keyHint
	keyUnwell
	keyPlan
	keyBegun
	keyAhead
	keyBlocks int64 = 100
)

// maxBlocks bounds the blocks that are kept over a restart. One that is lost costs one refused request.
const maxBlocks = 400

// EgressTails is what an Egress is rebuilt from.
var EgressTails = []chat.Tail{
	{Table: records.TableEgress, Limit: int(keyBlocks) + maxBlocks},
	{Table: records.TableReady, Limit: defaultMaxReady},
}

// keeper knows what is on disk.
type keeper struct {
	// durable is what the scheduler is to be restored from, and facts are the rows of the egress table as they were saved last.
	durable rest.Durable
	facts   map[int64]records.Egress
	// unsaved is set when the scheduler said that its blocks changed.
	unsaved bool
	// nextReady is the first key of the ready table that was never used; freeReady are those that came back.
	nextReady int64
	freeReady []int64
}

// load takes the rows of an earlier life in.
func (e *Egress) load(rows []chat.Row) {
	k := &e.rows
	k.facts = map[int64]records.Egress{}
	var ready []*records.Ready
	for _, row := range rows {
		switch row.Table {
		case records.TableEgress:
			f := records.EgressOf(row)
			k.facts[f.Key] = *f
		case records.TableReady:
			ready = append(ready, records.ReadyOf(row))
		}
	}
	for _, key := range k.keys() {
		e.loadFact(key, k.facts[key])
	}
	e.place.loaded()
	sort.Slice(ready, func(i, j int) bool {
		if ready[i].SinceMs != ready[j].SinceMs {
			return ready[i].SinceMs < ready[j].SinceMs
		}
		return ready[i].Key < ready[j].Key
	})
	for _, q := range ready {
		k.nextReady = max(k.nextReady, q.Key+1)
		if e.ring.convs[chat.Route(q.Route)] != nil {
			// Two rows of one conversation cannot be told apart in use; the second goes with the first free key.
			k.freeReady = append(k.freeReady, q.Key)
			continue
		}
		c := e.ring.of(chat.Route(q.Route))
		c.rowKey = q.Key
		e.ring.wait(c, chat.Time(q.SinceMs), false)
	}
}

// keys gives the keys of the facts in order.
func (k *keeper) keys() []int64 {
	keys := make([]int64, 0, len(k.facts))
	for key := range k.facts {
		keys = append(keys, key)
	}
	sort.Slice(keys, func(i, j int) bool { return keys[i] < keys[j] })
	return keys
}

func (e *Egress) loadFact(key int64, f records.Egress) {
	d := &e.rows.durable
	switch {
	case key == keyBot:
		e.place.bot = wire.Snowflake(f.Text)
	case key == keyChannel:
		e.place.guild, e.place.kind, e.place.channel = wire.Snowflake(f.Text), wire.ChannelType(f.Int), e.opt.Channel
		if f.Name != string(e.opt.Channel) {
			e.place.channel = "" // the owner chose another channel since
		}
	case key == keyTag:
		e.place.tag = wire.Snowflake(f.Text)
	case key == keySweep:
		e.sweep.load(f)
	case key == keyHint:
		e.hint.said = chat.Time(f.AtMs)
	case key == keyPause:
		d.PauseUntilMs = f.AtMs
	case key == keyBan:
		d.BanUntilMs, d.BanCount = f.AtMs, int(f.Int)
	case key == keyPlan:
		e.plan.load(f)
	case key == keyBegun:
		e.begun = chat.Time(f.AtMs)
	case key == keyAhead:
		e.ahead = chat.Time(f.AtMs)
	case key == keyUnwell:
		e.unwell.said = chat.Time(f.AtMs)
	case key == keyInvalid:
		for _, word := range strings.Fields(f.Text) {
			minute, count, _ := strings.Cut(word, ":")
			m, err1 := strconv.ParseInt(minute, 10, 64)
			n, err2 := strconv.Atoi(count)
			if err1 == nil && err2 == nil {
				d.Invalid = append(d.Invalid, rest.InvalidMinute{Minute: m, Count: n})
			}
		}
	case key >= keyBlocks:
		if word := strings.Split(f.Text, "|"); len(word) == 4 {
			d.Blocks = append(d.Blocks, rest.Block{Kind: rest.Kind(word[0]), Method: word[1], Route: word[2], Major: word[3], UntilMs: f.AtMs})
		}
	}
}

// saveFact makes a fact durable, if it changed. The zero fact is deleted.
func (e *Egress) saveFact(key int64, f records.Egress) {
	old, there := e.rows.facts[key]
	f.Key = key
	if f == (records.Egress{Key: key}) {
		if there {
			delete(e.rows.facts, key)
			e.saves = append(e.saves, chat.Row{Table: records.TableEgress, Key: key, Delete: true})
		}
		return
	}
	if there && old == f {
		return
	}
	e.rows.facts[key] = f
	e.saves = append(e.saves, f.Row())
}

// saveBlocks makes durable what the scheduler must know after a restart.
func (e *Egress) saveBlocks() {
	if !e.rows.unsaved {
		return
	}
	e.rows.unsaved = false
	d := e.sched.Snapshot(int64(e.now))
	fact := func(key int64, f records.Egress, is bool) {
		if !is {
			f = records.Egress{}
		}
		e.saveFact(key, f)
	}
	fact(keyPause, records.Egress{Name: "pause", AtMs: d.PauseUntilMs}, d.PauseUntilMs != 0)
	fact(keyBan, records.Egress{Name: "ban", AtMs: d.BanUntilMs, Int: int64(d.BanCount)}, d.BanCount != 0)
	var minutes []string
	for _, m := range d.Invalid {
		minutes = append(minutes, strconv.FormatInt(m.Minute, 10)+":"+strconv.Itoa(m.Count))
	}
	fact(keyInvalid, records.Egress{Name: "invalid", Text: strings.Join(minutes, " ")}, len(minutes) > 0)
	blocks := d.Blocks
	if len(blocks) > maxBlocks {
		blocks = blocks[:maxBlocks]
	}
	for i, b := range blocks {
		e.saveFact(keyBlocks+int64(i), records.Egress{Name: "block", AtMs: b.UntilMs,
			Text: string(b.Kind) + "|" + b.Method + "|" + b.Route + "|" + b.Major})
	}
	for key := keyBlocks + int64(len(blocks)); key < keyBlocks+maxBlocks; key++ {
		if _, there := e.rows.facts[key]; !there {
			break
		}
		e.saveFact(key, records.Egress{})
	}
}

// saveRow makes durable that a conversation waits.
func (e *Egress) saveRow(c *conv) {
	k := &e.rows
	if n := len(k.freeReady); n > 0 {
		c.rowKey = k.freeReady[n-1]
		k.freeReady = k.freeReady[:n-1]
	} else {
		c.rowKey = k.nextReady
		k.nextReady++
	}
	q := records.Ready{Key: c.rowKey, Route: string(c.route), SinceMs: int64(c.since)}
	e.saves = append(e.saves, q.Row())
}

// dropRow deletes the row of a conversation that waits no more.
func (e *Egress) dropRow(c *conv) {
	e.saves = append(e.saves, chat.Row{Table: records.TableReady, Key: c.rowKey, Delete: true})
	e.rows.freeReady = append(e.rows.freeReady, c.rowKey)
	c.rowKey = -1
}
