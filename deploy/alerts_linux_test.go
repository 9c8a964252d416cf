package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"cloudflarechat/discordsim/world"
)

// lowered is what the test changes in the rules, so that minutes pass in
// seconds and a small machine is a large one. Each must stand in the file.
var lowered = map[string]string{
	"for: 1m\n": "for: 0s\n", "for: 3m\n": "for: 0s\n", "for: 5m\n": "for: 0s\n", "for: 10m\n": "for: 0s\n", "for: 15m\n": "for: 0s\n",
	"[5m]": "[5s]", "[10m]": "[5s]", "[15m]": "[5s]", "[1h]": "[10s]", "[1d]": "[20m]",
	// A message that waits a second and a half for its turn, an answer after two
	// seconds, a disk with less than an exabyte, and what any process takes.
	"(rate(cloudflare_chat_delivery_seconds_bucket[10m]))) > 30":         "(rate(cloudflare_chat_delivery_seconds_bucket[5s]))) > 1",
	"(rate(cloudflare_chat_first_response_seconds_bucket[1h]))) > 120":   "(rate(cloudflare_chat_first_response_seconds_bucket[5s]))) > 1",
	"cloudflare_chat_host_disk_free_bytes < 1e9":                         "cloudflare_chat_host_disk_free_bytes < 1e18",
	"(increase(cloudflare_chat_unanswered_total[1h])) > 2":               "(increase(cloudflare_chat_unanswered_total[10s])) > 0",
	`process_resident_memory_bytes{job="cloudflare-chat"} > 1e9`:         `process_resident_memory_bytes{job="cloudflare-chat"} > 1e6`,
	`rate(process_cpu_seconds_total{job="cloudflare-chat"}[5m]) > 0.9\n`: `rate(process_cpu_seconds_total{job="cloudflare-chat"}[5s]) > 0` + "\n",
}

// TestAlerts lets Prometheus itself scrape the real binary while the stand-in
// for Discord breaks, and waits until each alert fires. It is the part alerts
// of test.sh.
func TestAlerts(t *testing.T) {
	if os.Getenv("ALERTS") == "" {
		t.Skip("it needs Prometheus: ./scripts/test.sh alerts")
	}
	w := newWatched(t)
	shop := w.chat("shop", nil)
	robots := w.chat("robots", map[string]string{"TURNSTILE_SECRET_KEY": "0x4AAA-secret", "TURNSTILE_VERIFY_URL": "http://127.0.0.1:1"})
	disk := w.small()
	full := w.chat("full", map[string]string{"DATA_DIR": disk})
	closed := w.chat("closed", nil)
	odd := w.chat("odd", nil)
	alone := w.chat("alone", map[string]string{"ALERT_AFTER": "3s"})
	w.prometheus()
	for _, alert := range []string{"ChatMemory", "ChatCPU", "ChatDiskNearlyFull"} {
		w.fires(alert)
	}

	// Nobody can save.
	writer := full.visitor()
	writer.says("Is it saved?")
	w.remount(disk)
	writer.says("And now?")
	full.red("storage")
	w.fires("ChatCannotSave")
	w.fires("ChatErrors", full)
	w.fires("ChatDown", full)

	// Two conversations with one session id, which is a bug or a database that
	// somebody mended by hand: the event that finds out is set aside.
	double := odd.visitor()
	odd.again(func() { odd.rewrite("odd") })
	double.returns()
	w.fires("ChatEventsSetAside", odd)

	// Nobody answers.
	alone.visitor().says("Is nobody there?")
	w.fires("ChatUnanswered", alone)

	// Turnstile does not answer.
	robots.knocks()
	w.fires("ChatTurnstileDown")

	// More visitors than Discord takes at once.
	first := shop.visitor()
	first.says("Is somebody there?")
	w.await("the first visitor has a thread", func() (open bool) {
		shop.sim.Do(func(now int64, w *world.World) { open = len(w.Threads(w.SupportChannel())) > 0 })
		return open
	})
	limit := shop.breaks(world.Fault{Kind: world.FaultLimitGlobal, RetryAfterMs: 3000})
	for range 40 {
		shop.visitor().says("Hello?")
	}
	w.fires("ChatTraffic")
	w.fires("ChatQueueGrows")
	shop.heals(limit)
	w.fires("ChatDeliverySlow")
	shop.answersAll()
	w.fires("ChatFirstResponseSlow")

	// Discord refuses a text, fails, and cannot be heard.
	refusal := shop.breaks(world.Fault{Kind: world.FaultError, Status: 400, Route: "POST /channels/{channel.id}/messages"})
	first.says("Refuse me")
	w.fires("ChatMessagesRefused")
	shop.heals(refusal)
	outage := shop.breaks(world.Fault{Kind: world.FaultError, Status: 500})
	first.says("Fail me")
	w.fires("ChatDiscordFailing")
	shop.heals(outage)
	deaf := shop.breaks(world.Fault{Kind: world.FaultReconnect})
	shop.sim.Do(func(now int64, w *world.World) { w.Cut(now, 1000) })
	w.fires("ChatGatewayDown", shop)
	w.fires("ChatUnwell", shop)
	shop.red("the connection to Discord's Gateway is not open")
	shop.heals(deaf)

	// The channel is deleted, the token revoked.
	shop.sim.Do(func(now int64, w *world.World) { _ = w.DeleteChannel(now, w.SupportChannel()) })
	shop.visitor().says("Where are you?")
	shop.red("the support channel is not there")
	closed.sim.Do(func(now int64, w *world.World) { w.RevokeToken(now, w.BotToken()) })
	closed.visitor().says("Who are you?")
	closed.red("does not take the bot's token")

	// The relay falls silent, and is heard again.
	relayed := w.chat("relayed", map[string]string{"GATEWAY": "off", "BOT_RELAY_SECRET": "0123456789abcdef"})
	relay := relayed.relay()
	relayed.green()
	if err := relay.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	relayed.red("nothing was heard of the relay for a while")
	relayed.relay()
	relayed.green()

	if err := shop.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	w.fires("ChatDown", shop)
	for _, m := range alertName.FindAllStringSubmatch(read(t, "prometheus/rules.yml"), -1) {
		if !w.fired[m[1]] {
			t.Errorf("%s did not fire", m[1])
		}
	}
	w.promtool()
}

// watched is a machine with Prometheus on it.
type watched struct {
	t       *testing.T
	dir     string
	binary  string
	address string // of Prometheus
	targets []string
	fired   map[string]bool
}

func newWatched(t *testing.T) *watched {
	w := &watched{t: t, dir: t.TempDir(), fired: map[string]bool{}}
	w.binary = filepath.Join(w.dir, "cloudflare-chat")
	if out, err := exec.Command("go", "build", "-overlay", w.impatient(), "-o", w.binary, "../cmd/cloudflare-chat").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return w
}

// impatient is the one thing in which the binary is not the real one: a relay
// tells every second how it is, and counts as gone after ten instead of 720.
func (w *watched) impatient() string {
	w.t.Helper()
	const file = "../discord/relay_state.go"
	text := read(w.t, file)
	for from, to := range map[string]string{"RelayTells = 5 * chat.Minute": "RelayTells = chat.Second", "relayQuiet = 12 * chat.Minute": "relayQuiet = 10 * chat.Second"} {
		if !strings.Contains(text, from) {
			w.t.Fatalf("%s does not hold %q", file, from)
		}
		text = strings.Replace(text, from, to, 1)
	}
	whole, err := filepath.Abs(file)
	if err != nil {
		w.t.Fatal(err)
	}
	changed, overlay := filepath.Join(w.dir, "relay_state.go"), filepath.Join(w.dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{whole: changed}})
	if err != nil {
		w.t.Fatal(err)
	}
	for name, b := range map[string][]byte{changed: []byte(text), overlay: list} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	return overlay
}

// begin starts a program that ends with the test.
func (w *watched) begin(c *exec.Cmd) *exec.Cmd {
	w.t.Helper()
	log, err := os.CreateTemp(w.dir, "log-")
	if err != nil {
		w.t.Fatal(err)
	}
	c.Stdout, c.Stderr = log, log
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
		if text, err := os.ReadFile(log.Name()); err == nil && w.t.Failed() {
			w.t.Logf("%s:\n%.4000s", c.Path, text)
		}
	})
	return c
}

// small mounts a disk of its own, which can be made read-only.
func (w *watched) small() string {
	w.t.Helper()
	dir := filepath.Join(w.dir, "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size=64m"); err != nil {
		w.t.Fatalf("a disk of its own needs root, or unshare -rm: %v", err)
	}
	w.t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// remount makes the disk read-only under the running chat. Files that are open
// for writing forbid that, so that a full disk stands in for it where they do.
func (w *watched) remount(dir string) {
	w.t.Helper()
	if syscall.Mount("none", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, "") == nil {
		return
	}
	if err := syscall.Mount("none", dir, "", syscall.MS_REMOUNT, "size=4k"); err == nil {
		return
	}
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer fill.Close()
	block := make([]byte, 1<<12)
	for err == nil {
		_, err = fill.Write(block)
	}
}

// prometheus starts Prometheus with the rules as they are, but for what is
// lowered.
func (w *watched) prometheus() {
	w.t.Helper()
	rules := read(w.t, "prometheus/rules.yml")
	for _, long := range []bool{true, false} { // what holds another comes first
		for from, to := range lowered { // order does not matter: of one length none holds another
			if from = strings.ReplaceAll(from, `\n`, "\n"); (len(from) > 12) != long {
				continue
			}
			if !strings.Contains(rules, from) {
				w.t.Fatalf("the rules do not hold %q", from)
			}
			rules = strings.ReplaceAll(rules, from, to)
		}
	}
	config := fmt.Sprintf("global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}\nrule_files: [rules.yml]\n"+
		"scrape_configs:\n  - job_name: cloudflare-chat\n    static_configs: [{targets: [%s]}]\n", strings.Join(w.targets, ","))
	for name, text := range map[string]string{"rules.yml": rules, "prometheus.yml": config} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	w.address = freeAddress(w.t)
	w.begin(exec.Command("prometheus", "--config.file="+filepath.Join(w.dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(w.dir, "tsdb"),
		"--web.listen-address="+w.address, "--log.level=warn"))
}

// fires waits until an alert does, of one chat where it is named.
func (w *watched) fires(alert string, of ...*chat) {
	w.t.Helper()
	began, found := time.Now(), false
	w.await(alert+" fires", func() bool {
		var answer struct {
			Data struct {
				Alerts []struct {
					State  string            `json:"state"`
					Labels map[string]string `json:"labels"`
				} `json:"alerts"`
			} `json:"data"`
		}
		if !getJSON("http://"+w.address+"/api/v1/alerts", &answer) {
			return false
		}
		for _, a := range answer.Data.Alerts {
			if a.State != "firing" {
				continue
			}
			w.fired[a.Labels["alertname"]] = true
			found = found || a.Labels["alertname"] == alert && (len(of) == 0 || a.Labels["instance"] == of[0].address)
		}
		return found
	})
	w.t.Logf("%s after %v", alert, time.Since(began).Round(100*time.Millisecond))
}

func (w *watched) await(what string, done func() bool) {
	w.t.Helper()
	limit, again := time.After(90*time.Second), time.NewTicker(100*time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-limit:
			w.t.Fatalf("it did not come to it that %s", what)
		case <-again.C:
		}
	}
}

// promtool checks the rules, and that of times that nobody waits for in a test.
func (w *watched) promtool() {
	for _, args := range [][]string{{"check", "rules", "prometheus/rules.yml"}, {"test", "rules", "prometheus/rules_test.yml"}, {"check", "config", "--syntax-only", "prometheus/prometheus.yml"}} {
		if out, err := exec.Command("promtool", args...).CombinedOutput(); err != nil {
			w.t.Errorf("promtool %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
}

func getJSON(url string, to any) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return json.NewDecoder(res.Body).Decode(to) == nil
}
