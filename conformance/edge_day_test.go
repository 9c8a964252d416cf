package conformance

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// TestEdgeDay measures what one conversation costs on Cloudflare in what the free
// plan counts, for docs/deploy-cloudflare.md: five messages each way, so far apart
// that every object hibernates in between, a visitor who sees each answer, leaves,
// and whose conversation ends.
func TestEdgeDay(t *testing.T) {
	t.Parallel()
	if onEdge() && os.Getenv("CONFORMANCE_DAY") == "" {
		t.Skip("a measurement of four minutes: CONFORMANCE_DAY=1, see docs/deploy-cloudflare.md")
	}
	origin, _ := edge(t, "SESSION_GRACE=1m")
	connected(t, origin)
	pause := func() { <-time.After(11 * time.Second) }
	pause()
	c, ada := dialAt(t, origin, nil), member(t, "Ada")
	c.extended = true
	v := somebody(t, "Dana")
	pause = func() {
		c.raw(`{"type":"ping"}`) // the runtime answers it
		<-time.After(11 * time.Second)
	}
	before := countedAt(t, origin)
	c.enterWith(v, map[string]any{"since": 0})
	var thread string
	for i := range 5 {
		c.send("message", map[string]any{"message": fmt.Sprint("Question ", i), "id": fmt.Sprint("q", i)})
		c.find("ack")
		if thread == "" {
			thread = ada.threadOf(v)
		}
		pause()
		ada.post(thread, fmt.Sprint("Answer ", i))
		seq := c.find("message").Seq
		c.send("seen", map[string]any{"seq": seq})
		pause()
	}
	c.lose()
	<-time.After(80 * time.Second)
	after := countedAt(t, origin)
	for _, name := range []string{"requests", "objectRequests", "frames", "rowsRead", "rowsWritten", "alarmsSet", "alarms", "tells", "builds", "awakeMs", "fetches"} {
		t.Logf("%-16s %d", name, after.since(before, name))
	}
}
