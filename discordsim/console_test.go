package discordsim

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"cloudflarechat/discordsim/world"
)

// chromium finds a browser; CHROMIUM names one.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Skip("SKIPPED, NOT PROVED: the console in a browser; no Chromium is installed")
	return ""
}

func TestConsoleInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	browser := chromium(t)
	node, dir := npmFolder(t, "browser", "puppeteer-core")
	s := start(t, Options{})
	var threads []string
	for _, name := range []string{"Support: Vera - vera@example.com", "Support: Jonas - jonas@example.org"} {
		var opening world.MessageID
		s.Do(func(now int64, w *world.World) {
			var err error
			if opening, err = w.Post(now, "Server Owner", w.SupportChannel(), "A visitor writes."); err != nil {
				t.Fatal(err)
			}
		})
		res, out := call(t, s, "Bot x", "POST", "/channels/"+s.ChannelID()+"/messages/"+opening.String()+"/threads", `{"name":"`+name+`"}`)
		if res.StatusCode != 201 {
			t.Fatalf("thread: %v", out)
		}
		call(t, s, "Bot x", "POST", "/channels/"+opening.String()+"/messages", `{"content":"**bold** <img src=x onerror=alert(1)>\n> quoted\n`+"`code`"+` ||hidden|| https://example.com/"}`)
		threads = append(threads, opening.String())
	}
	shot := filepath.Join(os.TempDir(), "discordsim-console-failed.png")
	cmd := exec.CommandContext(t.Context(), node, "walk.mjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "BASE="+s.URL(), "CHROMIUM="+browser, "THREAD="+threads[0], "OTHER="+threads[1], "SHOT="+shot)
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("%v; what was on the screen: %s", err, shot)
	}
}
