package world

import (
	"sync"
	"testing"

	"cloudflarechat/discordsim/world/description"
)

// Every answer and event in the tests of this package passes through Discord's own description of its API.

var loadDescription = sync.OnceValues(description.Load)

// holds wants an answer to be as described.
func holds(t *testing.T, method, path string, res Response) {
	t.Helper()
	d, err := loadDescription()
	if err != nil {
		return // TestDescriptionIsThere says so aloud
	}
	if err := d.Response(method, path, res.Status, res.Body); err != nil {
		t.Error(err)
	}
}

// eventHolds wants the data of an event to be as described.
func eventHolds(t *testing.T, name string, data []byte) {
	t.Helper()
	if d, err := loadDescription(); err == nil {
		if err := d.Event(name, data); err != nil {
			t.Error(err)
		}
	}
}

func TestDescriptionIsThere(t *testing.T) {
	if _, err := loadDescription(); err != nil {
		t.Skipf("SKIPPED, NOT PROVED: answers and events against Discord's own description: %v", err)
	}
}
