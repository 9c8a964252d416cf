package sim

import "cloudflarechat/discordsim/world"

// plantFaults puts the faults of Discord, of the relay and of the clock on the agenda. Those of the host and of the network are
// drawn where they strike.
func (s *Sim) plantFaults() {
	p := &s.plan
	if p.Refuses > 0 {
		s.after(s.between(0, 15*minute), func() {
			s.say("discord: a rule blocks some words from here on")
			s.rule = true
		})
	}
	if p.RestFaults > 0 {
		s.after(s.between(0, 5*minute), s.restFault)
	}
	if p.Crowd {
		for range 2 {
			s.after(s.between(0, p.ActiveMs), func() {
				if !s.faulty() {
					return
				}
				last := s.between(9*minute, 16*minute)
				s.say("discord: REST is down for %d s", last/second)
				if _, err := s.world.Inject(s.now, world.Fault{Kind: world.FaultError, Status: 503, UntilMs: s.now + last}); err != nil {
					s.fail("%v", err)
				}
			})
		}
	}
	if p.OutageMs > 0 {
		s.after(outageAfter, func() { s.outage(p.OutageMs) })
	}
	for range p.GatewayFaults {
		s.after(s.between(0, p.ActiveMs), s.gatewayFault)
	}
	for range p.RelayCrashes {
		s.after(s.between(0, p.ActiveMs), func() {
			if s.faulty() {
				s.relay.crash()
			}
		})
	}
	for range p.ClockJumps {
		s.after(s.between(0, p.ActiveMs), s.clockJump(s.host.jump))
	}
	for range p.RelayJumps {
		s.after(s.between(0, p.ActiveMs), s.clockJump(s.relay.jump))
	}
}

// clockJump sets a clock, forwards or backwards.
func (s *Sim) clockJump(jump func(int64)) func() {
	return func() {
		if s.faulty() {
			by := s.between(-20*second, 20*second)
			switch {
			case s.chance(0.3):
				by = s.between(minute, 40*minute)
			case s.chance(0.3):
				by = -s.between(minute, 30*minute)
			}
			jump(by)
		}
	}
}

// outageAfter is when the long outage of a schedule begins.
const outageAfter = 5 * minute

// outage takes all of Discord away for a while.
func (s *Sim) outage(last int64) {
	s.say("discord: everything is down for %d s", last/second)
	s.outageFrom = s.visitorMessages
	if _, err := s.world.Inject(s.now, world.Fault{Kind: world.FaultOutage, UntilMs: s.now + last}); err != nil {
		s.fail("%v", err)
	}
	s.world.Cut(s.now, 0)
	s.drainWorld()
	s.after(last, func() { s.duringOutage = s.visitorMessages - s.outageFrom })
}

// restFault lets one fault of Discord's REST strike for a while, then perhaps another.
func (s *Sim) restFault() {
	if !s.faulty() {
		return
	}
	kinds := []world.Fault{
		{Kind: world.FaultError}, {Kind: world.FaultErrorAfter}, {Kind: world.FaultLostBefore}, {Kind: world.FaultLostAfter},
		{Kind: world.FaultLostAfter}, {Kind: world.FaultHTML}, {Kind: world.FaultLimitUser}, {Kind: world.FaultLimitGlobal},
		{Kind: world.FaultLimitShared}, {Kind: world.FaultThreadCooldown}, {Kind: world.FaultLatency}, {Kind: world.FaultSkew},
		{Kind: world.FaultGarbledLimits}, {Kind: world.FaultOutage}, {Kind: world.FaultBlocked},
	}
	f := kinds[s.pick(len(kinds))]
	f.Probability = 0.1 + 0.9*s.rng.Float64()
	last := s.between(10*second, 8*minute)
	switch f.Kind {
	case world.FaultLatency:
		f.DelayMs, f.JitterMs = s.between(0, 5*second), s.between(0, 20*second)
	case world.FaultSkew:
		f.SkewMs = s.between(-2*minute, 2*minute)
	case world.FaultOutage, world.FaultBlocked:
		f.Probability, last = 0, s.between(10*second, 3*minute)
		if s.chance(0.15) {
			last = s.between(8*minute, 25*minute) // longer than a lease
		}
	case world.FaultLimitUser, world.FaultLimitGlobal, world.FaultLimitShared:
		f.RetryAfterMs = s.between(100, 20*second)
	case world.FaultThreadCooldown:
		f.RetryAfterMs = s.between(10*second, 4*minute)
	}
	f.UntilMs = s.now + last
	s.say("discord: %s with probability %.2f for %d s", f.Kind, f.Probability, last/second)
	if _, err := s.world.Inject(s.now, f); err != nil {
		s.fail("%v", err)
	}
	pause := int64(float64(last) * (1/s.plan.RestFaults - 1))
	s.after(last+s.between(0, 2*pause), s.restFault)
}

// gatewayFault disturbs the Gateway connection once.
func (s *Sim) gatewayFault() {
	if !s.faulty() {
		return
	}
	inject := func(f world.Fault) {
		if _, err := s.world.Inject(s.now, f); err != nil {
			s.fail("%v", err)
		}
	}
	w := s.world
	switch s.pick(9) {
	case 0:
		s.say("discord: cuts the gateway")
		w.Cut(s.now, 0)
	case 1:
		code := []int{4000, 1001, 4007, 4009, 4008, 1000}[s.pick(6)]
		s.say("discord: closes the gateway with %d", code)
		w.Cut(s.now, code)
	case 2:
		s.say("discord: asks to reconnect")
		w.AskReconnect(s.now)
	case 3:
		s.say("discord: ends the gateway session")
		w.InvalidateSessions(s.now, s.chance(0.3))
	case 4:
		s.say("discord: the next resume is refused")
		inject(world.Fault{Kind: world.FaultInvalidSession, Route: "RESUME", Count: 1})
		w.Cut(s.now, 0)
	case 5:
		s.say("discord: heartbeats are not answered")
		inject(world.Fault{Kind: world.FaultNoAck, UntilMs: s.now + 3*minute})
	case 6:
		s.say("discord: events come twice")
		inject(world.Fault{Kind: world.FaultEventRepeated, Probability: 0.5, UntilMs: s.now + 10*minute})
	case 7:
		s.say("discord: the gateway is down, and asks to reconnect")
		inject(world.Fault{Kind: world.FaultReconnect, UntilMs: s.now + s.between(10*second, 2*minute)})
		w.Cut(s.now, 0)
	case 8:
		last := s.between(minute, 6*minute)
		s.say("discord: everything is down for %d s", last/second)
		inject(world.Fault{Kind: world.FaultOutage, UntilMs: s.now + last})
		w.Cut(s.now, 0)
	}
	s.drainWorld()
}
