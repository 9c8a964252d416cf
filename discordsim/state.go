package discordsim

import (
	"net/http"

	"cloudflarechat/discordsim/world"
)

// state is what a console or a test wants to know at a glance.
type state struct {
	NowMs     int64            `json:"nowMs"`
	GuildID   string           `json:"guildId"`
	GuildName string           `json:"guildName"`
	ChannelID string           `json:"channelId"`
	RoleID    string           `json:"roleId"`
	BotToken  string           `json:"botToken"`
	BotUserID string           `json:"botUserId"`
	BotAppID  string           `json:"botApplicationId"`
	Sessions  sessionState     `json:"sessions"`
	Limits    world.LimitState `json:"limits"`
	Faults    []world.Fault    `json:"faults"`
	Kinds     []string         `json:"faultKinds"`
	People    []personState    `json:"people"`
	Threads   int              `json:"activeThreads"`
	Commands  []world.Command  `json:"commands"`
}

type sessionState struct {
	Connected int `json:"connected"`
	Waiting   int `json:"waiting"`
}

type personState struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Bot    bool   `json:"bot"`
	Agent  bool   `json:"agent"`
	Status string `json:"status"`
}

func (s *Server) state(rw http.ResponseWriter, _ *http.Request) {
	writeJSON(rw, http.StatusOK, ask(s, func(w *world.World) state {
		now := s.opts.Now()
		token := w.BotToken()
		out := state{
			NowMs: now, GuildID: w.GuildID().String(), GuildName: w.Config().GuildName, ChannelID: w.SupportChannel().String(),
			RoleID: w.SupportRole().String(), BotToken: token, BotUserID: w.BotUser(token).String(), BotAppID: w.BotApplication(token).String(),
			Limits: w.LimitState(now), Faults: w.Faults(), Threads: w.ActiveThreads(), People: []personState{}, Commands: w.Commands(),
		}
		out.Sessions.Connected, out.Sessions.Waiting = w.Sessions()
		if len(out.Limits.Buckets) > 40 {
			out.Limits.Buckets = out.Limits.Buckets[:40]
		}
		for _, k := range world.FaultKinds() {
			out.Kinds = append(out.Kinds, string(k))
		}
		for _, m := range w.Members() {
			agent := false
			for _, r := range m.Roles {
				agent = agent || r == w.SupportRole()
			}
			out.People = append(out.People, personState{ID: m.User.ID.String(), Name: m.Name(), Bot: m.User.Bot, Agent: agent, Status: m.Presence})
		}
		return out
	}))
}
