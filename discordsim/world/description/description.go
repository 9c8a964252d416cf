// Package description holds requests, answers and events against Discord's own description of its HTTP API, so that a
// test's judge is something that no one here wrote.
//
// The description is openapi.json of the public repository discord/discord-api-spec. It is not part of this project; a
// test reads it where it lies (DISCORD_OPENAPI, else shared/discord/openapi.json beside the repository), and says aloud
// that it was skipped where it does not. Only tests import this package.
package description

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Description is Discord's own description, loaded. It is safe for use by several goroutines.
type Description struct {
	paths map[string]*openapi3.PathItem // by template

	mu       sync.Mutex // guards what follows
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema // by JSON pointer: compiling is slow, and tests ask thousands of times
}

const address = "file:///openapi.json"

// New reads the description: the bytes of openapi.json.
func New(text []byte) (*Description, error) {
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, fmt.Errorf("description: %w", err)
	}
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("description: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(address, raw); err != nil {
		return nil, fmt.Errorf("description: %w", err)
	}
	return &Description{paths: doc.Paths.Map(), compiler: compiler, compiled: map[string]*jsonschema.Schema{}}, nil
}

// Paths is how many paths are described.
func (d *Description) Paths() int { return len(d.paths) }

// operation finds the template of a path (without /api/v10) and what is described of it.
func (d *Description) operation(method, path string) (template string, op *openapi3.Operation) {
	segments := strings.Split(strings.Trim(strings.ReplaceAll(path, "%40", "@"), "/"), "/")
	least := 100
	for candidate, item := range d.paths {
		want := strings.Split(strings.Trim(candidate, "/"), "/")
		if len(want) != len(segments) || item.GetOperation(method) == nil {
			continue
		}
		holes := 0
		for i := range want {
			if want[i][0] == '{' {
				holes++
			} else if want[i] != segments[i] {
				holes = 1000
			}
		}
		if holes < least {
			template, op, least = candidate, item.GetOperation(method), holes
		}
	}
	return template, op
}

func pointer(template, method string) string {
	return "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(template) + "/" + strings.ToLower(method)
}

// Response tells whether an answer is as described. path is without /api/v10 and without a query.
func (d *Description) Response(method, path string, status int, body []byte) error {
	template, op := d.operation(method, path)
	if op == nil {
		if status < 400 && !undescribedRoute(method, path) {
			return fmt.Errorf("%s %s: answered %d, but no such route is described", method, path, status)
		}
		return nil
	}
	// 429 and 5xx are described in general only; their bodies may be anything down to Cloudflare's HTML.
	if status == 429 || status >= 500 {
		return nil
	}
	key := strconv.Itoa(status)
	ref := op.Responses.Value(key)
	if ref == nil && status/100 == 4 {
		key = "4XX"
		ref = op.Responses.Value(key)
	}
	if ref == nil {
		return fmt.Errorf("%s %s: status %d is not described", method, path, status)
	}
	if ref.Value.Content.Get("application/json") == nil {
		if len(body) != 0 {
			return fmt.Errorf("%s %s: %d has a body, and none is described: %s", method, path, status, body)
		}
		return nil
	}
	if status/100 == 4 {
		var err error
		if body, err = withoutFieldErrors(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	at := pointer(template, method) + "/responses/" + key
	if name, ok := strings.CutPrefix(ref.Ref, "#"); ok {
		at = "#" + name
	}
	return d.fits(method+" "+path, at+"/content/application~1json/schema", body)
}

// Request tells whether a request is as described: the route, the names of the query's parameters, and the JSON body (of
// a multipart body, its payload_json), in which no field may stand that is not described. path is without /api/v10.
func (d *Description) Request(method, path string, query url.Values, body []byte) error {
	template, op := d.operation(method, path)
	if op == nil {
		if undescribedRoute(method, path) {
			return nil
		}
		return fmt.Errorf("%s %s: no such route is described", method, path)
	}
	for name := range query {
		if op.Parameters.GetByInAndName("query", name) == nil && d.paths[template].Parameters.GetByInAndName("query", name) == nil {
			return fmt.Errorf("%s %s: the query has %q, which is not described", method, path, name)
		}
	}
	if len(body) == 0 {
		if op.RequestBody != nil && op.RequestBody.Value.Required {
			return fmt.Errorf("%s %s: a body is required", method, path)
		}
		return nil
	}
	if op.RequestBody == nil || op.RequestBody.Value.Content.Get("application/json") == nil {
		return fmt.Errorf("%s %s: a body was sent, and none is described", method, path)
	}
	if strings.HasSuffix(template, "/commands") {
		var err error
		if body, err = withNumberPermissions(body); err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
	}
	if err := d.fits(method+" "+path, pointer(template, method)+"/requestBody/content/application~1json/schema", body); err != nil {
		return err
	}
	known := fields(op.RequestBody.Value.Content.Get("application/json").Schema.Value, map[string]bool{})
	var sent map[string]json.RawMessage
	if json.Unmarshal(body, &sent) == nil && len(known) > 0 {
		for name := range sent {
			if !known[name] {
				return fmt.Errorf("%s %s: the body has %q, which is not described", method, path, name)
			}
		}
	}
	return nil
}

// fields collects the properties of a schema and of its alternatives.
func fields(s *openapi3.Schema, into map[string]bool) map[string]bool {
	for name := range s.Properties {
		into[name] = true
	}
	for _, list := range []openapi3.SchemaRefs{s.AnyOf, s.OneOf, s.AllOf} {
		for _, inner := range list {
			if inner.Value != nil {
				fields(inner.Value, into)
			}
		}
	}
	return into
}

// eventSchemas are the objects inside Gateway events that REST describes too. Differences, all in the documentation of
// the Gateway: MESSAGE_* carry guild_id, member and channel_type besides, and mentions a member; THREAD_CREATE
// newly_created; the description forbids none of these.
var eventSchemas = map[string]string{
	"MESSAGE_CREATE": "MessageResponse", "MESSAGE_UPDATE": "MessageResponse",
	"THREAD_CREATE": "ThreadResponse", "THREAD_UPDATE": "ThreadResponse",
	"CHANNEL_CREATE": "GuildChannelResponse", "CHANNEL_UPDATE": "GuildChannelResponse", "CHANNEL_DELETE": "GuildChannelResponse",
	"GUILD_CREATE": "GuildResponse", "GUILD_MEMBER_ADD": "GuildMemberResponse", "GUILD_MEMBER_UPDATE": "GuildMemberResponse",
	"THREAD_MEMBER_UPDATE": "ThreadMemberResponse",
}

// Event tells whether the data of a Gateway event is as REST describes that object; nil for events that it does not know.
func (d *Description) Event(name string, data []byte) error {
	schema := eventSchemas[name]
	if schema == "" {
		return nil
	}
	return d.Schema(name, schema, data)
}

// Schema tells whether JSON fits a named schema, such as MessageResponse. what stands in the error.
func (d *Description) Schema(what, schema string, data []byte) error {
	return d.fits(what, "#/components/schemas/"+schema, data)
}

func (d *Description) fits(what, pointer string, raw []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("%s: %w in %s", what, err, raw)
	}
	agree(v)
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.compiled[pointer]
	if schema == nil {
		if schema, err = d.compiler.Compile(address + pointer); err != nil {
			return fmt.Errorf("description: %s: %w", pointer, err)
		}
		d.compiled[pointer] = schema
	}
	if err := schema.Validate(v); err != nil {
		text := err.Error()
		return fmt.Errorf("%s: not as described: %s\n%s", what, text[:min(len(text), 2000)], raw)
	}
	return nil
}

// undescribedRoute names the routes that the description leaves out.
func undescribedRoute(method, path string) bool {
	// POST /interactions is the route of Discord's own clients.
	return path == "/interactions" && method == "POST"
}

// agree changes what the description is known to misstate, wherever it stands:
//   - message_reference.type 1 is a forwarded message
//     (https://discord.com/developers/docs/resources/message#message-reference-types); the description knows 0 only.
func agree(v any) {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			agree(inner)
		}
	case map[string]any:
		if ref, ok := v["message_reference"].(map[string]any); ok && v["message_snapshots"] != nil {
			ref["type"] = json.Number("0")
		}
		for _, inner := range v {
			agree(inner)
		}
	}
}

// withNumberPermissions turns default_member_permissions of commands into numbers: the description calls it an integer in
// requests, the documentation a string with a bit set, and strings are what comes back.
// https://docs.discord.com/developers/interactions/application-commands#application-command-object
func withNumberPermissions(raw []byte) ([]byte, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("%w in %s", err, raw)
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, one := range list {
		command, ok := one.(map[string]any)
		if !ok {
			continue
		}
		if text, ok := command["default_member_permissions"].(string); ok {
			if _, err := strconv.ParseUint(text, 10, 64); err != nil {
				return nil, fmt.Errorf("default_member_permissions is no bit set: %w", err)
			}
			command["default_member_permissions"] = json.Number(text)
		}
	}
	return json.Marshal(v)
}

// withoutFieldErrors checks "errors" by hand and takes it out: the description calls the code of a field error a number,
// the documentation shows words ("BASE_TYPE_REQUIRED"), and words are what comes.
// https://discord.com/developers/docs/reference#error-messages
func withoutFieldErrors(raw []byte) ([]byte, error) {
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fmt.Errorf("%w in %s", err, raw)
	}
	if body["errors"] == nil {
		return raw, nil
	}
	if err := fieldErrors(body["errors"]); err != nil {
		return nil, fmt.Errorf("%w: %s", err, raw)
	}
	delete(body, "errors")
	return json.Marshal(body)
}

func fieldErrors(v any) error {
	object, ok := v.(map[string]any)
	if !ok {
		return errors.New("an error of a field is no object")
	}
	for key, inner := range object {
		if key != "_errors" {
			if err := fieldErrors(inner); err != nil {
				return err
			}
			continue
		}
		list, _ := inner.([]any)
		for _, e := range list {
			row, _ := e.(map[string]any)
			if code, _ := row["code"].(string); code == "" || row["message"] == nil {
				return errors.New("an error of a field says nothing")
			}
		}
	}
	return nil
}
