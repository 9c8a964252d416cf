package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"cloudflarechat/discordsim"
	"cloudflarechat/server/check"
)

// documents are those whose code blocks are commands to type.
var documents = []string{"README.md", "docs/setup-discord.md", "docs/deploy-server.md", "docs/deploy-cloudflare.md", "docs/operations.md"}

// notRun are the commands that the stories in testdata/docs do not run, and
// why. It may become shorter: heldNotRun is how long it is.
var notRun = map[string]string{
	"./scripts/test.sh":                           "it runs this test",
	"./scripts/build.sh":                          "the part packages of test.sh builds with it, for six platforms",
	"sudo systemctl daemon-reload":                "it needs systemd as process 1",
	"sudo systemctl enable --now cloudflare-chat": "it needs systemd as process 1; setup --then systemd is tested with a stand-in for it",
	"sudo systemctl restart cloudflare-chat":      "it needs systemd as process 1",
	"systemctl status cloudflare-chat":            "it needs systemd as process 1",
	"journalctl -u cloudflare-chat -f":            "it needs systemd as process 1",
	"CHAT_HOST=chat.example.com docker compose -f deploy/docker/compose.yaml up -d --build": "it needs Docker, and a name that points here",
	"sudo certbot --nginx -d chat.example.com":                                              "it needs a name that points here",
	"(cd workers && npm ci --ignore-scripts && npx wrangler login)":                         "it needs an account at Cloudflare",
	"./scripts/deploy.sh --env-file chat.env":                                               "deploy/cloudflare_test.go runs it, with a stand-in for wrangler",
	"./scripts/edge-up.sh":                             "the part edge of test.sh runs the scenarios beside it",
	"./scripts/deploy.sh --local --env-file trial.env": "deploy/local_linux_test.go runs it, in the part edge of test.sh",
	"promtool check rules deploy/prometheus/rules.yml": "the part alerts of test.sh runs it, which installs Prometheus",
}

const heldNotRun = 14

// TestDocumentedCommands runs every command that the documents tell people to
// type, in stories that hold what comes of it.
func TestDocumentedCommands(t *testing.T) {
	commands := map[string]bool{} // whether it was run
	for _, name := range documents {
		for _, c := range commandsOf(t, name) {
			commands[c] = false
		}
	}
	var mu sync.Mutex
	run := func(ts *testscript.TestScript, c string) {
		mu.Lock()
		defer mu.Unlock()
		if _, there := commands[c]; !there {
			ts.Fatalf("no document says: %s", c)
		}
		commands[c] = true
	}
	t.Run("stories", func(t *testing.T) {
		testscript.Run(t, testscript.Params{Dir: "testdata/docs", RequireExplicitExec: true, Setup: setupDocs, Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await,
			"doc":   func(ts *testscript.TestScript, neg bool, args []string) { run(ts, args[0]); doc(ts, neg, args) },
			// begin COMMAND [MORE] leaves it to the next line: exec sh -c $BEGIN &
			"begin": func(ts *testscript.TestScript, _ bool, args []string) {
				run(ts, args[0])
				ts.Setenv("BEGIN", "exec env "+here(ts, args))
			},
		}})
	})
	if t.Failed() {
		return
	}
	for c, done := range commands { // order does not matter: each is a finding of its own
		if why := notRun[c]; !done && why == "" {
			t.Errorf("a document says %q, and no story in testdata/docs runs it", c)
		} else if done && why != "" {
			t.Errorf("%q is run: take it off the list", c)
		}
	}
	for c := range notRun {
		if _, there := commands[c]; !there {
			t.Errorf("no document says %q any more: take it off the list", c)
		}
	}
	if len(notRun) != heldNotRun {
		t.Errorf("%d commands are not run, and %d are allowed", len(notRun), heldNotRun)
	}
}

// commandsOf reads the indented blocks of a document: a line is a command, but
// for addresses and what belongs into a page.
func commandsOf(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("../../" + name)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	before := ""
	for _, line := range strings.Split(string(text), "\n") {
		c, indented := strings.CutPrefix(line, "    ")
		block := indented && (before == "" || strings.HasPrefix(before, "    "))
		before = line
		if !block || strings.HasPrefix(c, "https://") || strings.HasPrefix(c, "<") || strings.HasPrefix(c, " ") {
			if block {
				continue
			}
			if !indented {
				continue
			}
			before = "text" // an item of a list that goes on
			continue
		}
		list = append(list, c)
	}
	return list
}

// setupDocs gives a story a stand-in for Discord and a website's place.
func setupDocs(env *testscript.Env) error {
	if err := setupScript(env); err != nil {
		return err
	}
	sim := discordsim.New(discordsim.Options{})
	if err := sim.Start(context.Background()); err != nil {
		return err
	}
	env.Defer(func() { sim.Close() })
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	work := env.Getenv("WORK")
	for _, dir := range []string{"bin", "usr/local/bin", "etc/nginx/conf.d", "etc/systemd/system"} {
		if err := os.MkdirAll(filepath.Join(work, dir), 0o700); err != nil {
			return err
		}
	}
	program, err := exec.LookPath(program)
	if err != nil {
		return err
	}
	if err := os.Symlink(program, filepath.Join(work, "bin/cloudflare-chat")); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(root, "deploy"), filepath.Join(work, "deploy")); err != nil {
		return err
	}
	env.Setenv("DISCORD_API_URL", sim.APIURL())
	env.Setenv("LISTEN_ADDRESS", env.Getenv("FREE1"))
	page := httptest.NewServer(http.NotFoundHandler())
	env.Defer(page.Close)
	env.Setenv("PAGE", page.URL)
	env.Setenv("TOKEN", sim.BotToken())
	env.Setenv("CHANNEL", sim.ChannelID())
	env.Setenv("ROLE", sim.RoleID())
	return nil
}

// here gives a command that a document says, with more behind it and this
// machine in place of the example's.
func here(ts *testscript.TestScript, args []string) string {
	return strings.NewReplacer("go run ./cmd/cloudflare-chat", "cloudflare-chat", "sudo ", "", " /etc/", " etc/", " /usr/", " usr/",
		"the-bots-token", ts.Getenv("TOKEN"), "1180000000000000001", ts.Getenv("CHANNEL"), "1180000000000000002", ts.Getenv("ROLE"),
		"https://cloudflare-chat.SUBDOMAIN.workers.dev", "http://127.0.0.1:1", "the-same", "0123456789abcdef",
		"https://chat.example.com", "http://"+ts.Getenv("FREE1"), "http://127.0.0.1:8787", "http://"+ts.Getenv("FREE1"), "http://127.0.0.1:8788", "http://"+ts.Getenv("FREE3"),
		"https://example.com", ts.Getenv("PAGE")).Replace(strings.Join(args, " "))
}

// doc COMMAND [MORE] runs a command that a document says.
func doc(ts *testscript.TestScript, neg bool, args []string) {
	c := here(ts, args)
	if name, value, ok := strings.Cut(strings.TrimPrefix(c, "export "), "="); ok && strings.HasPrefix(c, "export ") {
		ts.Setenv(name, value)
		return
	}
	words := strings.Fields(c)
	if strings.Contains(c, " | ") {
		words = []string{"sh", "-c", c}
	}
	if err := ts.Exec(words[0], words[1:]...); (err != nil) != neg {
		ts.Fatalf("%s: %v", c, err)
	}
}

var inline = regexp.MustCompile("`(?:sudo )?(cloudflare-chat [^`]*)`")

// TestDocumentsNameWhatThereIs holds that each subcommand and each flag in the
// documents exists.
func TestDocumentsNameWhatThereIs(t *testing.T) {
	names, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(names) < 5 {
		t.Fatal(names, err)
	}
	flags := map[string]string{}
	for _, name := range append(names, "../../README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(text), "\n")
		for _, m := range inline.FindAllStringSubmatch(string(text), -1) {
			lines = append(lines, "    "+m[1])
		}
		for _, line := range lines {
			c := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(line), "bin/"), "sudo ")
			words := strings.Fields(c)
			if !strings.HasPrefix(line, "    ") || len(words) < 2 || words[0] != "cloudflare-chat" {
				continue
			}
			help, known := flags[words[1]]
			if !known {
				var out, errs strings.Builder
				term := &terminal{out: &out, err: &errs, getenv: func(string) string { return "" }}
				if code := run(t.Context(), term, []string{words[1], "--help"}); code != exitOK {
					t.Errorf("%s: there is no %s", name, words[1])
				}
				help = out.String()
				flags[words[1]] = help
			}
			for _, w := range words[2:] {
				if f, _, _ := strings.Cut(w, "="); strings.HasPrefix(f, "--") && !strings.Contains(help, f) {
					t.Errorf("%s: %s has no flag %s", name, words[1], f)
				}
			}
		}
	}
}

// spoken are the commands in the running text of the documents that people type
// out, and why no story runs them. heldSpoken is how many they are.
var spoken = map[string]string{
	"./scripts/test.sh --list":                                  "it runs this test",
	"./scripts/test.sh NAME":                                    "it runs this test",
	"./scripts/test.sh audit":                                   "it runs this test",
	"./scripts/test.sh conformance edge":                        "it runs this test",
	"./scripts/bench.sh lighthouse":                             "minutes of measuring; the part lighthouse of test.sh runs it",
	"./scripts/build.sh":                                        "the part packages of test.sh builds with it, for six platforms",
	"./scripts/build-button.sh":                                 "the part button of test.sh runs it with --check",
	"./scripts/deploy.sh --no-relay":                            "deploy/cloudflare_test.go runs it, with a stand-in for wrangler",
	"scripts/fuzz.sh 10m":                                       "hours; Go runs each target's corpus with every test",
	"scripts/flood.sh":                                          "minutes, and ten thousand open files",
	"scripts/reproduce.sh":                                      "the part reproduce of test.sh runs it",
	"npx wrangler rollback":                                     "it needs an account at Cloudflare",
	"npx wrangler tail":                                         "it needs an account at Cloudflare",
	"curl https://…/health":                                     "conformance asks /health of both hosts",
	"sudo cloudflare-chat setup --then systemd --env-file .env": "it needs systemd as process 1; TestSetupInstallsAService runs it with a stand-in",
	"ADMIN_SECRET=… cloudflare-chat export --url https://…workers.dev ann@example.com":  "it needs a deployment; the conformance scenarios ask /admin/export of both hosts",
	"curl -H \"Authorization: Bearer $ADMIN_SECRET\" \"https://…/health?deep\"":         "conformance asks /health?deep of both hosts",
	"CONFORMANCE_DAY=1 ./scripts/edge-up.sh go test -run TestEdgeDay -v ./conformance/": "a measurement of four minutes",
}

const heldSpoken = 18

var typed = regexp.MustCompile("`((?:[A-Z_]+=\\S+ )?(?:sudo |npx |curl |\\./scripts/|scripts/)[^`]*|[A-Z_]+=\\S+ cloudflare-chat [^`]*)`")

// TestSpokenCommands holds that no command hides in a sentence: what a document
// tells people to type is run by a story, or stands in the list.
func TestSpokenCommands(t *testing.T) {
	found := map[string]bool{}
	for _, name := range append([]string{"docs/security.md"}, documents...) {
		text, err := os.ReadFile("../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range typed.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
			if spoken[m[1]] == "" {
				t.Errorf("%s says %q in a sentence: let a story run it from a block, or list it here with the reason", name, m[1])
			}
			for w := range strings.FieldsSeq(m[1]) {
				if script, is := strings.CutPrefix(strings.TrimPrefix(w, "./"), "scripts/"); is {
					if _, err := os.Stat("../../scripts/" + script); err != nil {
						t.Errorf("%s names %s: %v", name, w, err)
					}
				}
			}
		}
	}
	for c := range spoken { // order does not matter: each is a finding of its own
		if !found[c] {
			t.Errorf("no document says %q any more: take it off the list", c)
		}
	}
	if len(spoken) != heldSpoken {
		t.Errorf("%d commands are spoken of, and %d are allowed", len(spoken), heldSpoken)
	}
}

// TestDocumentedFiles holds that a file shown in a document is the file.
func TestDocumentedFiles(t *testing.T) {
	text, err := os.ReadFile("../../docs/deploy-server.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)<!-- file: (.*?) -->\n```\n(.*?)```\n").FindAllStringSubmatch(string(text), -1)
	var names []string
	for _, m := range shown {
		file, err := os.ReadFile("../../" + m[1])
		if err != nil || string(file) != m[2] {
			t.Errorf("%s is not what is shown (%v)", m[1], err)
		}
		names = append(names, m[1])
	}
	if sort.Strings(names); len(names) == 0 {
		t.Error("no file is shown")
	}
}

var rewriteDocs = flag.Bool("rewrite", false, "write docs/command-line.md anew")

// TestCommandLineInDocs holds docs/command-line.md to what --help says: each
// subcommand, each flag.
func TestCommandLineInDocs(t *testing.T) {
	const file = "../../docs/command-line.md"
	t.Setenv("COLUMNS", "80")
	help := func(args ...string) string {
		var out, errs strings.Builder
		term := &terminal{out: &out, err: &errs, getenv: func(string) string { return "" }}
		if code := run(t.Context(), term, append(args, "--help")); code != exitOK {
			t.Fatal(args, errs.String())
		}
		lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " ")
		}
		return "```text\n" + strings.Join(lines, "\n") + "\n```\n"
	}
	top := help()
	text := "# The command line\n\n<!-- Written from --help by: go test ./cmd/cloudflare-chat -run TestCommandLineInDocs -rewrite -->\n\n" + top
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z]+)[ \n]`).FindAllStringSubmatch(top, -1) {
		text += "\n## `" + m[1] + "`\n\n" + help(m[1])
	}
	if *rewriteDocs {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if now, err := os.ReadFile(file); err != nil || string(now) != text {
		t.Errorf("%s is stale (%v); go test ./cmd/cloudflare-chat -run TestCommandLineInDocs -rewrite writes it anew", file, err)
	}
}

// TestDocumentedPermissions holds the numbers in docs/setup-discord.md to those
// that the wizard uses.
func TestDocumentedPermissions(t *testing.T) {
	text, err := os.ReadFile("../../docs/setup-discord.md")
	if err != nil {
		t.Fatal(err)
	}
	const privateThreads = 1 << 36
	for _, want := range []string{check.Invite("APPLICATION_ID", check.NeededPermissions, ""),
		fmt.Sprint("permissions=", uint64(check.ChannelPermissions)), fmt.Sprint("permissions=", uint64(check.NeededPermissions|privateThreads))} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s is not in it", want)
		}
	}
}
