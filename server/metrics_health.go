package server

import (
	"context"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"cloudflarechat/discord"
	"cloudflarechat/server/check"
)

// watch adds what /health says to the metrics, so that one alert finds what a
// person would.
func (s *Server) watch() {
	gauge := func(name, help string, f func() float64) {
		s.metrics.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help}, f))
	}
	gauge("host_health", "How /health is: 0 ok, 1 degraded, 2 down.", func() float64 {
		switch s.health(context.Background()).Status {
		case "ok":
			return 0
		case "degraded":
			return 1
		}
		return 2
	})
	gauge("host_gateway_ready", "1 while the connection to Discord's Gateway is open, here or at a relay that is heard of.", func() float64 {
		h := health{Status: "ok", Deep: &deepHealth{}}
		if s.answersHealth(&h); h.Status == "ok" {
			return 1
		}
		return 0
	})
	desk := func(of func(*discord.Health) int) func() float64 {
		return func() float64 {
			if h := s.health(context.Background()); h.Deep.Desk != nil {
				return float64(of(h.Deep.Desk))
			}
			return -1
		}
	}
	gauge("host_discord_budget_left", "Requests that may leave still in the running second; -1 where it is not known.",
		desk(func(h *discord.Health) int { return h.BudgetLeft }))
	gauge("host_discord_invalid_left", "Requests that Discord may refuse before nothing leaves for ten minutes; -1 where it is not known.",
		desk(func(h *discord.Health) int { return h.InvalidLeft }))
	gauge("host_disk_free_bytes", "Room left where the conversations are kept; -1 where it is not known.", func() float64 {
		if n, known := check.FreeBytes(s.opt.DataDir); known {
			return float64(n)
		}
		return -1
	})
}

// MetricHelp gives the help texts of all metrics of the native host by their
// names, for the documentation and for tests of rules and dashboards.
func MetricHelp() map[string]string {
	s := &Server{metrics: newMetrics(func() float64 { return 0 }, func() float64 { return 0 })}
	s.watch()
	all := make(chan *prometheus.Desc)
	go func() {
		s.metrics.registry.Describe(all)
		close(all)
	}()
	help := map[string]string{}
	for d := range all {
		if name, text, ok := describe(d.String()); ok {
			help[name] = text
		}
	}
	return help
}

// describe reads what a description prints of itself: it shows its parts in no
// other way.
func describe(printed string) (name, help string, ok bool) {
	_, rest, found := strings.Cut(printed, `fqName: "`)
	name, rest, foundName := strings.Cut(rest, `", help: `)
	quoted, err := strconv.QuotedPrefix(rest)
	if err == nil {
		help, err = strconv.Unquote(quoted)
	}
	return name, help, found && foundName && err == nil && strings.HasPrefix(name, namespace+"_")
}
