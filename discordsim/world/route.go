package world

import (
	"net/url"
	"strings"
)

// route is one row of the API: what it is called, what limits it, who may ask, and who answers.
type route struct {
	name   string // "METHOD /template", as Discord's documentation writes it
	auth   bool   // needs an Authorization header
	exempt bool   // does not count against the bot's global limit
	bucket string // name of its rate-limit bucket; empty: none
	major  int    // which parameter is the top-level resource of the bucket; -1: none
	handle func(*call) (int, any, *APIError)

	method   string
	segments []string
}

// bucketName is the route's bucket for this request: one route may alternate between two.
func (r *route) bucketName(c *call) string {
	if r.bucket == "message.delete" {
		if id, ok := ParseID[messageKind](c.params[1]); ok && c.w.now-id.Ms() > 14*24*3600*1000 {
			return "message.delete.old"
		}
	}
	return r.bucket
}

func (r *route) majorOf(c *call) string {
	if r.major < 0 {
		return ""
	}
	major := c.params[r.major]
	if strings.HasPrefix(r.name, "POST /webhooks/") {
		major += "/" + c.params[r.major+1]
	}
	return major
}

// routes by method and number of segments.
var routes = map[string][]*route{}

func init() {
	for _, table := range [][]route{gatewayRoutes, userRoutes, guildRoutes, channelRoutes, messageRoutes, reactionRoutes, threadRoutes, stickerRoutes, webhookRoutes, commandRoutes, interactionRoutes} {
		for _, r := range table {
			method, template, _ := strings.Cut(r.name, " ")
			row := r
			row.method, row.segments = method, strings.Split(strings.Trim(template, "/"), "/")
			key := method + itoa(len(row.segments))
			routes[key] = append(routes[key], &row)
		}
	}
}

// match finds the route of a path and its parameters. methodKnown tells whether the path exists with another method.
func match(method, path string) (rt *route, params []string, methodKnown bool) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for _, r := range routes[method+itoa(len(segments))] {
		if p, ok := r.fits(segments); ok && (rt == nil || len(p) < len(params)) {
			rt, params = r, p
		}
	}
	if rt != nil {
		return rt, params, true
	}
	for _, other := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		for _, r := range routes[other+itoa(len(segments))] {
			if _, ok := r.fits(segments); ok {
				return nil, nil, true
			}
		}
	}
	return nil, nil, false
}

func (r *route) fits(segments []string) ([]string, bool) {
	var params []string
	for i, want := range r.segments {
		if want[0] == '{' {
			got, err := url.PathUnescape(segments[i])
			if err != nil || got == "" {
				return nil, false
			}
			params = append(params, got)
			continue
		}
		if got := segments[i]; want != got && want != strings.ReplaceAll(got, "%40", "@") {
			return nil, false
		}
	}
	return params, true
}

// The parameters of a path. What is no snowflake is a form error; what is not there is a 404.

func notSnowflake(name, value string) *APIError {
	var f form
	f.add("NUMBER_TYPE_COERCE", `Value "`+value+`" is not snowflake.`, name)
	return f.failure()
}

// channelAt finds the channel of the n-th parameter where the actor may see it.
func (c *call) channelAt(n int) (*Channel, *APIError) {
	id, ok := ParseID[channelKind](c.params[n])
	if !ok {
		return nil, notSnowflake("channel_id", c.params[n])
	}
	ch := c.w.channels[id]
	if ch == nil {
		return nil, failure(CodeUnknownChannel)
	}
	if !c.w.canSee(c.member(), ch) {
		return nil, failure(CodeMissingAccess)
	}
	return ch, nil
}

// member is the actor as a member of the guild; nil where it is none.
func (c *call) member() *Member {
	if c.actor == nil {
		return nil
	}
	return c.w.members[c.actor.User.ID]
}

// need checks permissions in a channel.
func (c *call) need(ch *Channel, p Permissions) *APIError {
	if !c.w.permissions(c.member(), ch).Has(p) {
		return failure(CodeMissingPermissions)
	}
	return nil
}

// inGuild checks that the n-th parameter is the guild and the actor is in it.
func (c *call) inGuild(n int) *APIError {
	id, ok := ParseID[guildKind](c.params[n])
	if !ok {
		return notSnowflake("guild_id", c.params[n])
	}
	if id != c.w.guild.ID {
		return failure(CodeUnknownGuild)
	}
	if c.member() == nil {
		return failure(CodeMissingAccess)
	}
	return nil
}

// messageAt finds a message of a channel by the n-th parameter.
func (c *call) messageAt(ch *Channel, n int) (*Message, *APIError) {
	id, ok := ParseID[messageKind](c.params[n])
	if !ok {
		return nil, notSnowflake("message_id", c.params[n])
	}
	m := ch.message(id)
	if m == nil {
		return nil, failure(CodeUnknownMessage)
	}
	return m, nil
}

// bot is the application that asks; people get 401, for these routes are not theirs.
func (c *call) bot() (*bot, *APIError) {
	if c.actor == nil || c.actor.bot == nil {
		return nil, bare(401, "Unauthorized")
	}
	return c.actor.bot, nil
}

// limitParam reads ?limit=.
func (c *call) limitParam(def, low, high int) (int, *APIError) {
	text := c.req.Query.Get("limit")
	if text == "" {
		return def, nil
	}
	n := 0
	for _, r := range text {
		if r < '0' || r > '9' || n > 1e6 {
			n = -1
			break
		}
		n = n*10 + int(r-'0')
	}
	if n < low || n > high {
		var f form
		f.add("NUMBER_TYPE_MAX", "int value should be between "+itoa(low)+" and "+itoa(high)+".", "limit")
		return 0, f.failure()
	}
	return n, nil
}

// idParam reads a snowflake of the query; 0 where there is none.
func (c *call) idParam(name string) (uint64, *APIError) {
	text := c.req.Query.Get(name)
	if text == "" {
		return 0, nil
	}
	id, ok := ParseID[struct{}](text)
	if !ok && text != "0" {
		return 0, notSnowflake(name, text)
	}
	return uint64(id), nil
}

func (c *call) truth(name string) bool {
	switch c.req.Query.Get(name) {
	case "true", "True", "1":
		return true
	}
	return false
}
