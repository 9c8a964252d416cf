package chat

// Metric names a metric: one row of [Metrics].
type Metric string

// The metrics that the core counts.
const (
	MetricSessions       Metric = "sessions_total"
	MetricRestores       Metric = "restores_total"
	MetricVisitorMessage Metric = "visitor_messages_total"
	MetricAgentMessage   Metric = "agent_messages_total"
	MetricRepeats        Metric = "repeated_messages_total"
	MetricErrors         Metric = "errors_total"
	MetricDelivery       Metric = "delivery_seconds"
	MetricFirstResponse  Metric = "first_response_seconds"
	MetricTurnstile      Metric = "turnstile_total"
	MetricClientReports  Metric = "client_reports_total"
	MetricThreads        Metric = "threads_opened_total"
	MetricFailed         Metric = "failed_messages_total"
	MetricMarked         Metric = "marked_messages_total"
	MetricDeskRequests   Metric = "desk_requests_total"
	MetricDeskLimited    Metric = "desk_limited_total"
	MetricDeskDelay      Metric = "desk_delay_seconds"
	MetricDeskReady      Metric = "desk_ready"
	MetricUnanswered     Metric = "unanswered_total"
	MetricSessionTime    Metric = "session_seconds"
	MetricDeskTime       Metric = "desk_request_seconds"
	MetricConnects       Metric = "gateway_connects_total"
)

// MetricRow is one row of the catalogue of metrics.
type MetricRow struct {
	Metric Metric
	// Kind is "counter", "histogram" or "gauge"; the Value of a gauge is what it stands at.
	Kind string
	// Label is the name of its one label, or "".
	Label string
	Help  string
}

// Metrics is the catalogue, from which the hosts and the documentation take
// names and help texts.
var Metrics = []MetricRow{
	{MetricSessions, "counter", "", "Conversations begun."},
	{MetricRestores, "counter", "result", "Restores tried, by result."},
	{MetricVisitorMessage, "counter", "", "Messages accepted from visitors."},
	{MetricAgentMessage, "counter", "", "Posts of agents taken for visitors."},
	{MetricRepeats, "counter", "side", "Repeats that had no second effect, by side."},
	{MetricErrors, "counter", "code", "Errors told to visitors, by code."},
	{MetricDelivery, "histogram", "way", "Delay from accepted to delivered, by way."},
	{MetricFirstResponse, "histogram", "", "Delay from a visitor's first message to the first answer."},
	{MetricTurnstile, "counter", "result", "Turnstile checks, by result."},
	{MetricClientReports, "counter", "code", "Errors that widgets reported, by code."},
	{MetricThreads, "counter", "", "Threads opened."},
	{MetricFailed, "counter", "code", "Messages that the desk refused, by code."},
	{MetricMarked, "counter", "mark", "Messages that the filter marked for the team, by reason."},
	{MetricDeskRequests, "counter", "status", "Requests to the desk, by HTTP status, or lost, or unsent."},
	{MetricDeskLimited, "counter", "scope", "Requests that the desk answered with 429, by scope; none is an address ban."},
	{MetricDeskDelay, "histogram", "class", "Delay from a conversation's being ready to its request, for posts and for what may wait (low)."},
	{MetricDeskReady, "gauge", "", "Conversations that wait for the desk's rate limit."},
	{MetricUnanswered, "counter", "", "Waits for an answer after which the team was called again."},
	{MetricSessionTime, "histogram", "end", "Time from a conversation's beginning to its visitor's last sign of life, whenever it rests, is ended or blocked."},
	{MetricDeskTime, "histogram", "", "Time that the desk took to answer a request."},
	{MetricConnects, "counter", "result", "Connections to where the desk's news come from, tried and succeeded."},
}
