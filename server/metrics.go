package server

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"cloudflarechat/chat"
)

// metrics counts what happens. Its labels come from catalogues alone: nothing
// that a visitor wrote becomes one.
type metrics struct {
	registry   *prometheus.Registry
	counters   map[chat.Metric]*prometheus.CounterVec
	histograms map[chat.Metric]*prometheus.HistogramVec
	gauges     map[chat.Metric]*prometheus.GaugeVec
	events     prometheus.Counter
	commits    prometheus.Histogram
	size       prometheus.Histogram
	failures   prometheus.Counter
	panics     prometheus.Counter
	poison     prometheus.Counter
	rows       prometheus.Counter
}

// namespace begins every metric's name.
const namespace = "cloudflare_chat"

// maxLabelBytes: a longer label counts as "other".
const maxLabelBytes = 40

func newMetrics(connections, actors func() float64) *metrics {
	m := &metrics{registry: prometheus.NewRegistry(), counters: map[chat.Metric]*prometheus.CounterVec{},
		histograms: map[chat.Metric]*prometheus.HistogramVec{}, gauges: map[chat.Metric]*prometheus.GaugeVec{}}
	for _, row := range chat.Metrics {
		labels := []string{}
		if row.Label != "" {
			labels = append(labels, row.Label)
		}
		switch row.Kind {
		case "gauge":
			m.gauges[row.Metric] = prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: namespace, Name: string(row.Metric), Help: row.Help}, labels)
			m.registry.MustRegister(m.gauges[row.Metric])
			continue
		case "histogram":
			m.histograms[row.Metric] = prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: string(row.Metric),
				Help: row.Help, Buckets: []float64{.1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600, 14400}}, labels)
			m.registry.MustRegister(m.histograms[row.Metric])
			continue
		}
		m.counters[row.Metric] = prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: string(row.Metric), Help: row.Help}, labels)
		m.registry.MustRegister(m.counters[row.Metric])
	}
	m.beginAtZero()
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help})
		m.registry.MustRegister(c)
		return c
	}
	m.events = counter("host_events_total", "Events stepped.")
	m.failures = counter("host_failed_batches_total", "Batches that could not be saved.")
	m.panics = counter("host_panics_total", "Steps that panicked.")
	m.poison = counter("host_poison_total", "Events set aside.")
	m.rows = counter("host_rows_written_total", "Rows written, timers included.")
	m.commits = prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "host_commit_seconds",
		Help: "Time to make a batch durable and carry it out.", Buckets: prometheus.ExponentialBuckets(.001, 2, 12)})
	m.size = prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: "host_batch_events",
		Help: "Events a batch.", Buckets: prometheus.ExponentialBuckets(1, 2, 10)})
	m.registry.MustRegister(m.commits, m.size, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: "host_connections", Help: "Open connections."}, connections),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: "host_actors", Help: "Actors in memory."}, actors))
	return m
}

// beginAtZero makes the series that alerts look at before the first of what they
// count: Prometheus sees no increase in a series that begins with 1.
func (m *metrics) beginAtZero() {
	codes := make([]string, 0, len(chat.Codes))
	for _, row := range chat.Codes {
		codes = append(codes, string(row.Code))
	}
	labels := map[chat.Metric][]string{chat.MetricErrors: codes, chat.MetricFailed: codes,
		chat.MetricTurnstile: {"passed", "unchecked", string(chat.CodeTurnstile), string(chat.CodeTurnstileDown)},
		chat.MetricDelivery:  {"visitor_to_thread", "agent_to_visitor"}, chat.MetricConnects: {"tried", "succeeded"}}
	for _, row := range chat.Metrics {
		if row.Label == "" {
			labels[row.Metric] = []string{""}
		}
		for _, label := range labels[row.Metric] {
			var with []string
			if row.Label != "" {
				with = []string{label}
			}
			switch row.Kind {
			case "gauge":
				m.gauges[row.Metric].WithLabelValues(with...)
			case "histogram":
				m.histograms[row.Metric].WithLabelValues(with...)
			default:
				m.counters[row.Metric].WithLabelValues(with...)
			}
		}
	}
}

// count takes what the core counts.
func (m *metrics) count(c chat.Count) {
	var labels []string
	if labelOf(c.Metric) != "" {
		label := c.Label
		if len(label) > maxLabelBytes {
			label = "other"
		}
		labels = append(labels, label)
	}
	if h := m.histograms[c.Metric]; h != nil {
		h.WithLabelValues(labels...).Observe(c.Value)
	} else if g := m.gauges[c.Metric]; g != nil {
		g.WithLabelValues(labels...).Set(c.Value)
	} else if v := m.counters[c.Metric]; v != nil {
		v.WithLabelValues(labels...).Add(max(c.Value, 0))
	}
}

func labelOf(name chat.Metric) string {
	for i := range chat.Metrics {
		if chat.Metrics[i].Metric == name {
			return chat.Metrics[i].Label
		}
	}
	return ""
}

// observe takes what a batch cost.
func (m *metrics) observe(s batchStats) {
	m.events.Add(float64(s.events))
	m.size.Observe(float64(s.events))
	m.commits.Observe(s.took.Seconds())
	m.panics.Add(float64(s.panics))
	m.poison.Add(float64(s.poison))
	if s.failed {
		m.failures.Inc()
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}
