package deploy

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// fakeWrangler does what scripts/deploy.sh asks of the real one, and notes it.
const fakeWrangler = `#!/bin/sh
echo "$@" >>"$FAKE/calls"
case $1 in
whoami) [ ! -e "$FAKE/stranger" ] ;;
secret)
	[ ! -e "$FAKE/unlisted" ] || { echo "the network is down" >&2; exit 1; }
	list=$FAKE/secrets
	[ ! -e "$list-of-old-$(basename "$PWD")" ] || list=$list-of-old-$(basename "$PWD")
	[ -e "$list" ] || { echo 'Worker "x" not found.' >&2; exit 1; }
	cat "$list" ;;
deploy)
	name=$(basename "$PWD")
	[ ! -e "$FAKE/broken-$name" ] || { echo "it is broken" >&2; exit 1; }
	while [ $# -gt 0 ]; do
		[ "$1" = --secrets-file ] && cp "$2" "$FAKE/secrets-of-$name"
		shift
	done
	echo '{"type":"deploy","version":1,"worker_name":"x","targets":["'"$URL"'"]}' >"$WRANGLER_OUTPUT_FILE_PATH"
	;;
esac
`

// rig runs scripts/deploy.sh against fakes.
type rig struct {
	t      *testing.T
	dir    string
	health atomic.Value // of string: the server reads it beside the test
	url    string
}

func newRig(t *testing.T, settings string) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir()}
	r.health.Store(`{"status":"ok"}`)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, r.health.Load().(string)) }))
	t.Cleanup(srv.Close)
	r.url = srv.URL
	r.put("wrangler", fakeWrangler)
	r.put("chat.env", settings)
	return r
}

func (r *rig) put(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.dir, name), []byte(text), 0o700); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) read(name string) string {
	r.t.Helper()
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil && !os.IsNotExist(err) {
		r.t.Fatal(err)
	}
	return string(text)
}

func (r *rig) run(args ...string) (said string, ok bool) {
	r.t.Helper()
	cmd := exec.Command("../scripts/deploy.sh", append([]string{"--env-file", filepath.Join(r.dir, "chat.env")}, args...)...)
	cmd.Env = append(os.Environ(), "WRANGLER="+filepath.Join(r.dir, "wrangler"), "FAKE="+r.dir, "URL="+r.url, "DEPLOY_PATIENCE=1")
	out, err := cmd.CombinedOutput()
	return string(out), err == nil
}

const enough = "# what setup wrote\nDISCORD_BOT_TOKEN=\"to\\ken\"\nDISCORD_SUPPORT_CHANNEL_ID=222222222222222222\nALLOWED_ORIGINS=https://a.example,https://b.example\n"

// TestDeploy holds that both Workers are sent in order with what the file says,
// that secrets are made once and kept, and that a second run changes none.
func TestDeploy(t *testing.T) {
	r := newRig(t, enough+"TURNSTILE_SECRET_KEY='x y'\nLISTEN_ADDRESS=127.0.0.1:1\n")
	said, ok := r.run()
	if !ok {
		t.Fatal(said)
	}
	for _, want := range []string{"main-worker: deployed at " + r.url, "bot-relay: deployed at", "/health: ok",
		`<script src="` + r.url + `/chat-widget.min.js" async></script>`, "turnstileSiteKey", "DATA_SECRET was made"} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	file, main := r.read("chat.env"), r.read("secrets-of-main-worker")
	data := regexp.MustCompile(`(?m)^DATA_SECRET=([0-9a-f]{64})$`).FindStringSubmatch(file)
	if data == nil || !strings.Contains(main, `"DATA_SECRET":"`+data[1]+`"`) || !strings.Contains(main, `"DISCORD_BOT_TOKEN":"to\\ken"`) ||
		!strings.Contains(main, `"TURNSTILE_SECRET_KEY":"x y"`) {
		t.Errorf("the file:\n%s\nsecrets: %d bytes", file, len(main))
	}
	if relay := r.read("secrets-of-bot-relay"); strings.Contains(relay, "DATA_SECRET") || !strings.Contains(relay, "BOT_RELAY_SECRET") {
		t.Error("the relay has other secrets than its own")
	}
	calls := r.read("calls")
	if !strings.Contains(calls, "--var DISCORD_SUPPORT_CHANNEL_ID:222222222222222222") || !strings.Contains(calls, "--var ALLOWED_ORIGINS:https://a.example,https://b.example") ||
		strings.Contains(calls, "LISTEN_ADDRESS") || strings.Contains(calls, "to\\ken") {
		t.Errorf("wrangler was called so:\n%s", calls)
	}
	if said, ok := r.run(); !ok || r.read("chat.env") != file {
		t.Errorf("a second run changed the file: %v\n%s", ok, said)
	}
}

// TestDeployKeepsTheDataSecret holds that a Worker that has its key of all
// conversations gets no other one from a machine that does not know it.
func TestDeployKeepsTheDataSecret(t *testing.T) {
	r := newRig(t, enough)
	r.put("secrets", `[{"name":"DATA_SECRET","type":"secret_text"}]`)
	if said, ok := r.run("--no-relay"); !ok || strings.Contains(r.read("chat.env"), "DATA_SECRET") || strings.Contains(r.read("secrets-of-main-worker"), "DATA_SECRET") {
		t.Errorf("%v:\n%s", ok, said)
	}
	if r.read("secrets-of-bot-relay") != "" {
		t.Error("the relay was sent although it was not wanted")
	}
}

// TestDeployKeepsWhatTheFileLacks holds that secrets which the Workers have and
// the file does not stay, and that both ends keep one relay secret.
func TestDeployKeepsWhatTheFileLacks(t *testing.T) {
	const all = `[{"name":"DATA_SECRET"},{"name":"ADMIN_SECRET"},{"name":"BOT_RELAY_SECRET"}]`
	r := newRig(t, enough)
	r.put("secrets", all)
	if said, ok := r.run(); !ok || strings.Contains(r.read("chat.env"), "SECRET") || strings.Contains(r.read("secrets-of-main-worker"), "_SECRET\"") {
		t.Errorf("%v:\n%s\n%s", ok, said, r.read("chat.env"))
	}
	r = newRig(t, enough)
	r.put("secrets", all)
	r.put("secrets-of-old-bot-relay", `[]`)
	said, ok := r.run()
	made := regexp.MustCompile(`BOT_RELAY_SECRET=([0-9a-f]{64})`).FindStringSubmatch(r.read("chat.env"))
	if !ok || made == nil || !strings.Contains(r.read("secrets-of-main-worker"), made[1]) || !strings.Contains(r.read("secrets-of-bot-relay"), made[1]) {
		t.Errorf("%v: a relay without a secret:\n%s", ok, said)
	}
}

// TestDeploySaysWhatIsMissing holds that each thing that can be wrong is named,
// and that nothing is sent before all can be.
func TestDeploySaysWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		settings, mark, want string
		args                 []string
		sent                 bool
	}{
		"no settings":      {settings: "", want: "DISCORD_BOT_TOKEN"},
		"no channel":       {settings: "DISCORD_BOT_TOKEN=x\nDISCORD_SUPPORT_CHANNEL_ID=general\n", want: "Copy Channel ID"},
		"not logged in":    {settings: enough, mark: "stranger", want: "wrangler login"},
		"main fails":       {settings: enough, mark: "broken-main-worker", want: "main-worker could not be deployed"},
		"the relay fails":  {settings: enough, mark: "broken-bot-relay", want: "bot-relay could not be deployed", sent: true},
		"an unknown word":  {settings: enough, args: []string{"--force"}, want: "--force is nothing that this knows"},
		"no website":       {settings: strings.ReplaceAll(enough, "ALLOWED_ORIGINS=", "X="), want: "ALLOWED_ORIGINS: the origins of your pages"},
		"a short secret":   {settings: enough + "ADMIN_SECRET=hunter2\n", want: "ADMIN_SECRET: something random of 16 characters"},
		"any website":      {settings: enough + "ALLOWED_ORIGINS=*\n", want: "every website may open this chat", sent: true},
		"no list":          {settings: enough, mark: "unlisted", want: "could not be listed"},
		"nobody is judged": {settings: enough, want: "TURNSTILE_SECRET_KEY is empty", sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, tt.settings)
			if tt.mark != "" {
				r.put(tt.mark, "")
			}
			said, _ := r.run(tt.args...)
			if !strings.Contains(said, tt.want) {
				t.Errorf("it says:\n%s", said)
			}
			if sent := r.read("secrets-of-main-worker") != ""; sent != tt.sent {
				t.Errorf("sent: %v", sent)
			}
		})
	}
	r := newRig(t, enough)
	r.health.Store(`{"status":"degraded","reasons":["the team cannot be reached"]}`)
	if said, ok := r.run(); ok || !strings.Contains(said, "the team cannot be reached") || !strings.Contains(said, "wrangler tail") {
		t.Errorf("%v:\n%s", ok, said)
	}
	said, ok := newRig(t, enough).run("--env-file", "/nowhere/at/all")
	if ok || !strings.Contains(said, "cloudflare-chat setup") {
		t.Errorf("%v:\n%s", ok, said)
	}
}

// TestDeployKnowsEverySetting holds that what the core reads at the edge is sent.
func TestDeployKnowsEverySetting(t *testing.T) {
	script, err := os.ReadFile("../scripts/deploy.sh")
	if err != nil {
		t.Fatal(err)
	}
	var sent []string
	for _, list := range regexp.MustCompile(`(?s)(?:secrets|vars)=\(([^)]*)\)`).FindAllStringSubmatch(string(script), -1) {
		sent = append(sent, strings.Fields(list[1])...)
	}
	files, err := filepath.Glob("../edge/*.go")
	if err != nil {
		t.Fatal(err)
	}
	read := regexp.MustCompile(`(?:set\[|\{|, )"([A-Z][A-Z0-9_]*_[A-Z0-9_]+|THREADS|GREETING|RETENTION)"`)
	n := 0
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range read.FindAllStringSubmatch(string(text), -1) {
			n++
			if !slices.Contains(sent, m[1]) && m[1] != "MISSING_BINDINGS" {
				t.Errorf("%s reads %s, which scripts/deploy.sh does not send", f, m[1])
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d settings were found in edge/", n)
	}
}
