// Package protocol holds the JSON Schemas of the WebSocket protocol's frames,
// and holds frames to them. Only tests import it: they validate what really
// went over the wire, and what the transcripts show.
package protocol

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed frames.json
var frames []byte

// Side is who sent a frame.
type Side string

// The sides.
const (
	Client Side = "client"
	Server Side = "server"
)

// Judge holds frames to the schemas. Make one with [NewJudge]; it may be used by
// several goroutines.
type Judge struct {
	schemas map[string]*jsonschema.Schema // by name of a definition
}

// NewJudge reads the schemas. An error says that they are none.
func NewJudge() (*Judge, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(frames))
	if err != nil {
		return nil, fmt.Errorf("protocol: %w", err)
	}
	var names struct {
		Defs map[string]json.RawMessage `json:"$defs"`
	}
	if err := json.Unmarshal(frames, &names); err != nil {
		return nil, fmt.Errorf("protocol: %w", err)
	}
	const address = "file:///frames.json"
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(address, doc); err != nil {
		return nil, fmt.Errorf("protocol: %w", err)
	}
	j := &Judge{schemas: map[string]*jsonschema.Schema{}}
	for name := range names.Defs { // order does not matter: each is compiled by itself
		if j.schemas[name], err = compiler.Compile(address + "#/$defs/" + name); err != nil {
			return nil, fmt.Errorf("protocol: %w", err)
		}
	}
	return j, nil
}

// Types lists the types of a side's frames, in no order.
func (j *Judge) Types(side Side) (list []string) {
	for name := range j.schemas { // order does not matter: it is said so
		if kind, ok := strings.CutPrefix(name, string(side)+"-"); ok {
			list = append(list, kind)
		}
	}
	return list
}

// Check says what is wrong with a frame; nil is nothing.
func (j *Judge) Check(side Side, frame []byte) error {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(frame))
	if err != nil {
		return fmt.Errorf("protocol: no JSON: %w", err)
	}
	kind := ""
	if o, ok := v.(map[string]any); ok {
		kind, _ = o["type"].(string)
	}
	schema := j.schemas[string(side)+"-"+kind]
	if schema == nil {
		return fmt.Errorf("protocol: no frame of the %s has the type %q", side, kind)
	}
	if err := schema.Validate(v); err != nil {
		return fmt.Errorf("protocol: a frame %q of the %s: %w", kind, side, err)
	}
	return nil
}
