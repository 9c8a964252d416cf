package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// figures are what one run showed.
type figures struct {
	who     string
	sliding bool
	took    time.Duration
	meter   meter
	cpu     time.Duration
	// delays of all messages; of one that had not arrived when the run ended, how long it had waited.
	delays []time.Duration
	// worst and median are of the conversations' own p99.
	worst, median time.Duration
}

// budgetPerSecond is Discord's global limit of a bot.
const budgetPerSecond = 50

func figuresOf(who string, sliding bool, m meter, took time.Duration, end time.Time) *figures {
	f := &figures{who: who, sliding: sliding, took: took, meter: m}
	each := map[int][]time.Duration{}
	for t, said := range m.said {
		at, ok := m.arrived[t]
		if !ok {
			at = end
		}
		f.delays = append(f.delays, at.Sub(said))
		each[t.conversation] = append(each[t.conversation], at.Sub(said))
	}
	var tails []time.Duration
	for _, list := range each {
		tails = append(tails, percentile(list, 99))
	}
	f.worst, f.median = percentile(tails, 100), percentile(tails, 50)
	return f
}

// percentile is the value that so many of a hundred do not exceed.
func percentile(list []time.Duration, p int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	return list[max(0, (len(list)*p+99)/100-1)]
}

func (f *figures) refused() (n int) {
	for _, k := range f.meter.limited {
		n += k
	}
	return n
}

func (f *figures) delivered() float64 { return float64(len(f.meter.arrived)) / f.took.Seconds() }

// share of the budget that requests used which Discord took.
func (f *figures) share() float64 {
	return float64(f.meter.requests-f.refused()) / f.took.Seconds() / budgetPerSecond
}

func (f *figures) String() string {
	window := "fixed"
	if f.sliding {
		window = "sliding"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s window, %.0f s\n", f.who, window, f.took.Seconds())
	line := func(what, format string, v ...any) { fmt.Fprintf(&b, "  %-42s %s\n", what, fmt.Sprintf(format, v...)) }
	line("visitor messages delivered a second", "%.1f of %.1f said", f.delivered(), float64(len(f.meter.said))/f.took.Seconds())
	line("delay of a message, p50 / p99", "%.1f s / %.1f s", percentile(f.delays, 50).Seconds(), percentile(f.delays, 99).Seconds())
	line("p99 of a conversation, median / worst", "%.1f s / %.1f s (× %.1f)", f.median.Seconds(), f.worst.Seconds(), f.worst.Seconds()/max(f.median.Seconds(), .001))
	line("requests, share of the budget", "%d, %.1f %%", f.meter.requests, 100*f.share())
	line("answered 429, in a thousand", "%d, %.2f %v", f.refused(), 1000*float64(f.refused())/float64(max(f.meter.requests, 1)), f.meter.limited)
	line("waiting in the end; doubled", "%d; %d", len(f.meter.said)-len(f.meter.arrived), f.meter.doubled)
	line("processor time of the process", "%.1f s", f.cpu.Seconds())
	return b.String()
}

// broken says which of the promises a run of ours did not keep.
func (f *figures) broken() (list []string) {
	miss := func(is bool, format string, v ...any) {
		if is {
			list = append(list, fmt.Sprintf(format, v...))
		}
	}
	miss(f.share() < .9, "%.1f %% of the budget was used, not 90", 100*f.share())
	miss(f.refused()*1000 >= f.meter.requests, "%d of %d requests were answered 429", f.refused(), f.meter.requests)
	miss(f.worst > 3*f.median, "the worst conversation's p99 is %.1f times the median one's", f.worst.Seconds()/max(f.median.Seconds(), .001))
	miss(f.meter.doubled > 0, "%d messages came twice", f.meter.doubled)
	return list
}
