package world

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Every answer in the tests of this package passes through Discord's own description of its API. It is not part of this
// project: DISCORD_OPENAPI names the file, else it lies beside the repository in shared/discord/openapi.json.

type description struct {
	doc   *openapi3.T
	paths map[string]*openapi3.PathItem // by template

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema // by JSON pointer: compiling is slow, and tests ask thousands of times
}

const descriptionURL = "file:///openapi.json"

var loadDescription = sync.OnceValues(func() (*description, error) {
	path := os.Getenv("DISCORD_OPENAPI")
	if path == "" {
		path = filepath.Join("..", "..", "..", "shared", "discord", "openapi.json")
	}
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := jsonschema.UnmarshalJSON(file)
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(descriptionURL, raw); err != nil {
		return nil, err
	}
	return &description{doc: doc, paths: doc.Paths.Map(), compiler: compiler, compiled: map[string]*jsonschema.Schema{}}, nil
})

// operation finds what the description says of a method and path; nil where it does not know it.
func (d *description) operation(method, path string) (template string, op *openapi3.Operation) {
	segments := strings.Split(strings.Trim(path, "/"), "/")
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

// undescribed are answers that the description leaves out; each says why it is right all the same.
func undescribed(method, path string, status int) bool {
	switch {
	case status == 429, status >= 500:
		return true // described only in general
	case path == "/interactions":
		return true // the route of Discord's own clients
	case strings.HasSuffix(path, "/stickers") && method == "GET":
		return true
	}
	return false
}

// holds wants an answer to be as Discord's description says.
func holds(t *testing.T, method, path string, res Response) {
	t.Helper()
	d, err := loadDescription()
	if err != nil {
		return // TestDescriptionIsThere says so aloud
	}
	path = strings.ReplaceAll(path, "%40", "@")
	template, op := d.operation(method, path)
	if op == nil {
		if res.Status < 400 && !undescribed(method, path, res.Status) {
			t.Errorf("%s %s: answered %d, but Discord describes no such route", method, path, res.Status)
		}
		return
	}
	if undescribed(method, path, res.Status) {
		return
	}
	key := strconv.Itoa(res.Status)
	ref := op.Responses.Value(key)
	if ref == nil && res.Status/100 == 4 {
		key = "4XX"
		ref = op.Responses.Value(key)
	}
	if ref == nil {
		t.Errorf("%s %s: status %d is not described", method, path, res.Status)
		return
	}
	content := ref.Value.Content.Get("application/json")
	if content == nil {
		if len(res.Body) != 0 {
			t.Errorf("%s %s: %d has a body, and none is described: %s", method, path, res.Status, res.Body)
		}
		return
	}
	body := res.Body
	if res.Status/100 == 4 {
		body = withoutFieldErrors(t, body)
	}
	pointer := "#/paths/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(template) + "/" + strings.ToLower(method) + "/responses/" + key
	if name, ok := strings.CutPrefix(ref.Ref, "#"); ok {
		pointer = "#" + name
	}
	d.fits(t, method+" "+path, pointer+"/content/application~1json/schema", body)
}

// withoutFieldErrors checks "errors" by hand and takes it out: the description calls the code of a field error a number,
// the documentation shows words ("BASE_TYPE_REQUIRED"), and words are what comes.
// https://discord.com/developers/docs/reference#error-messages
func withoutFieldErrors(t *testing.T, raw []byte) []byte {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		t.Errorf("%v in %s", err, raw)
		return raw
	}
	var walk func(v any)
	walk = func(v any) {
		fields, ok := v.(map[string]any)
		if !ok {
			t.Errorf("an error is no object: %s", raw)
			return
		}
		for key, inner := range fields {
			if key != "_errors" {
				walk(inner)
				continue
			}
			for _, e := range inner.([]any) {
				row := e.(map[string]any)
				if code, _ := row["code"].(string); code == "" || row["message"] == "" {
					t.Errorf("a field error says nothing: %s", raw)
				}
			}
		}
	}
	if body["errors"] != nil {
		walk(body["errors"])
		delete(body, "errors")
	}
	return encode(body)
}

// fits wants JSON to fit the schema at a JSON pointer of the description.
func (d *description) fits(t *testing.T, what, pointer string, raw []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Errorf("%s: %v in %s", what, err, raw)
		return
	}
	agree(v)
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.compiled[pointer]
	if schema == nil {
		if schema, err = d.compiler.Compile(descriptionURL + pointer); err != nil {
			t.Fatalf("%s: %v", pointer, err)
		}
		d.compiled[pointer] = schema
	}
	if err := schema.Validate(v); err != nil {
		text := err.Error()
		t.Errorf("%s: not as described: %s\n%s", what, text[:min(len(text), 2000)], raw)
	}
}

// agree changes what the description is known to misstate, wherever it stands:
//   - message_reference.type 1 is a forwarded message (https://discord.com/developers/docs/resources/message#message-reference-types);
//     the description knows 0 only.
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

func eventHolds(t *testing.T, name string, data []byte) {
	t.Helper()
	d, err := loadDescription()
	schema := eventSchemas[name]
	if err != nil || schema == "" {
		return
	}
	d.fits(t, name, "#/components/schemas/"+schema, data)
}

func TestDescriptionIsThere(t *testing.T) {
	d, err := loadDescription()
	if err != nil {
		t.Skipf("SKIPPED, NOT PROVED: Discord's description of its API was not found (%v). Set DISCORD_OPENAPI to openapi.json of discord/discord-api-spec.", err)
	}
	if len(d.paths) < 100 {
		t.Fatalf("only %d paths are described", len(d.paths))
	}
}

// TestDescriptionRefuses shows that the check can fail.
func TestDescriptionRefuses(t *testing.T) {
	d, err := loadDescription()
	if err != nil {
		t.Skip("see TestDescriptionIsThere")
	}
	for _, bad := range []string{`{"id":"1","content":5}`, `{}`, `[]`} {
		probe := &testing.T{}
		d.fits(probe, "a bad message", "#/components/schemas/MessageResponse", []byte(bad))
		if !probe.Failed() {
			t.Errorf("%s passed for a message", bad)
		}
	}
}
