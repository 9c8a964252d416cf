package description

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"sync"
)

// Load reads the description where it lies: DISCORD_OPENAPI, else shared/discord/openapi.json beside the repository. A test
// that gets an error says aloud what it did not prove.
func Load() (*Description, error) {
	path := os.Getenv("DISCORD_OPENAPI")
	if path == "" {
		root, err := repository()
		if err != nil {
			return nil, err
		}
		path = filepath.Join(root, "..", "shared", "discord", "openapi.json")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("description: Discord's own description of its API is not here: %w", err)
	}
	return New(text)
}

// repository is the folder of go.mod, at or above the working directory: that of the package under test.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("description: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		above := filepath.Dir(dir)
		if above == dir {
			return "", errors.New("description: the tests run outside the repository: set DISCORD_OPENAPI")
		}
		dir = above
	}
}

// Exchange is a request and its answer, as a world's Inspect shows them.
type Exchange struct {
	Method, Path string
	Query        url.Values
	Body         []byte
	Status       int
	Answer       []byte
}

// Judge holds exchanges to the description and remembers which routes it saw. It is safe for use by several goroutines.
type Judge struct {
	d    *Description
	mu   sync.Mutex // guards held
	held map[string]int
}

// NewJudge makes a judge that has seen nothing.
func NewJudge(d *Description) *Judge { return &Judge{d: d, held: map[string]int{}} }

// Hold tells whether a request and its answer are as described.
func (j *Judge) Hold(x Exchange) error {
	template, _ := j.d.operation(x.Method, x.Path)
	j.mu.Lock()
	j.held[x.Method+" "+template]++
	j.mu.Unlock()
	return errors.Join(j.d.Request(x.Method, x.Path, x.Query, x.Body), j.d.Response(x.Method, x.Path, x.Status, x.Answer))
}

// Held lists the routes that were held to the description, as "METHOD /template", in order.
func (j *Judge) Held() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	routes := make([]string, 0, len(j.held))
	for r := range j.held {
		routes = append(routes, r)
	}
	sort.Strings(routes)
	return routes
}
