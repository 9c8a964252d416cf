package deploy_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cloudflarechat/server/settings"
)

// TestImage holds what an image must be: small, of pinned parts, run by nobody
// in particular, and able to say how it is.
func TestImage(t *testing.T) {
	text := read(t, "docker/Dockerfile")
	for _, m := range regexp.MustCompile(`(?m)^FROM (?:--\S+ )?(\S+)`).FindAllStringSubmatch(text, -1) {
		if tag := regexp.MustCompile(`:[\w.-]+$`).FindString(m[1]); tag == "" || tag == ":latest" {
			t.Errorf("%s has no version", m[1])
		}
	}
	_, last, _ := strings.Cut(text, "\nFROM gcr.io/distroless/static")
	for _, want := range []string{"USER nonroot", "HEALTHCHECK ", `ENTRYPOINT ["/usr/local/bin/cloudflare-chat"]`, `CMD ["serve"]`, "DATA_DIR=/data", "VOLUME /data"} {
		if !strings.Contains(last, want) {
			t.Errorf("the last stage lacks %s", want)
		}
	}
	if strings.Contains(last, "\nRUN ") {
		t.Error("there is no shell in the last stage to run anything")
	}
	if lint, err := exec.LookPath("hadolint"); err == nil {
		if out, err := exec.Command(lint, "docker/Dockerfile").CombinedOutput(); err != nil {
			t.Errorf("hadolint: %s", out)
		}
	}
}

// TestNamesOfSettings holds that what the files set are settings.
func TestNamesOfSettings(t *testing.T) {
	names := map[string]*regexp.Regexp{
		"docker/compose.yaml":             regexp.MustCompile(`(?m)^      ([A-Z_]+):`),
		"systemd/cloudflare-chat.service": regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=`),
		"docker/Dockerfile":               regexp.MustCompile(`([A-Z_]+)=[/0-9a-z]\S*`),
		"../.github/workflows/deploy.yml": nil,
		"../docs/operations.md":           regexp.MustCompile("`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`"),
		"../docs/deploy-server.md":        regexp.MustCompile("`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`"),
		"../docs/setup-discord.md":        regexp.MustCompile("`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`"),
	}
	own := map[string]bool{"CHAT_HOST": true, "GOOS": true, "GOARCH": true}
	for file, name := range names { // order does not matter: each is a finding of its own
		text := read(t, file)
		if name == nil {
			continue
		}
		found := name.FindAllStringSubmatch(text, -1)
		for _, m := range found {
			if settings.Find(m[1]) == nil && settings.Find(strings.TrimSuffix(m[1], "_FILE")) == nil && !own[m[1]] {
				t.Errorf("%s: %s is no setting", file, m[1])
			}
		}
		if len(found) == 0 {
			t.Errorf("%s names no setting", file)
		}
	}
}

// TestProxies lets Caddy and nginx read their files, where they are there.
func TestProxies(t *testing.T) {
	if caddy, err := exec.LookPath("caddy"); err == nil {
		for _, file := range []string{"proxy/Caddyfile", "docker/Caddyfile"} {
			c := exec.Command(caddy, "adapt", "--config", file, "--adapter", "caddyfile", "--validate")
			c.Env = append(os.Environ(), "CHAT_HOST=chat.example.com", "HOME="+t.TempDir(), "XDG_DATA_HOME="+t.TempDir())
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%s: %s", file, out)
			}
		}
	}
	if nginx, err := exec.LookPath("nginx"); err == nil {
		dir := t.TempDir()
		site, err := filepath.Abs("proxy/nginx.conf")
		if err != nil {
			t.Fatal(err)
		}
		conf := "pid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\n\taccess_log off;\n\tclient_body_temp_path " + dir + ";\n\tproxy_temp_path " + dir +
			";\n\tfastcgi_temp_path " + dir + ";\n\tuwsgi_temp_path " + dir + ";\n\tscgi_temp_path " + dir + ";\n\tinclude " + site + ";\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(nginx, "-t", "-p", dir, "-c", filepath.Join(dir, "nginx.conf")).CombinedOutput(); err != nil && !strings.Contains(string(out), "bind()") {
			t.Errorf("nginx: %s", out)
		}
	}
}

// TestUnit lets systemd read the unit, where it is there: only the binary may be
// missing.
func TestUnit(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	out, _ := exec.Command(verify, "verify", "systemd/cloudflare-chat.service").CombinedOutput()
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if strings.Contains(line, "cloudflare-chat.service") && !strings.Contains(line, "/usr/local/bin/cloudflare-chat is not executable") {
			t.Error(line)
		}
	}
}

// TestScriptsExist holds the names in package.json to the files that they run.
func TestScriptsExist(t *testing.T) {
	var p struct {
		Scripts map[string]string `json:"scripts"`
	}
	if err := json.Unmarshal([]byte(read(t, "../package.json")), &p); err != nil || len(p.Scripts) == 0 {
		t.Fatal(err)
	}
	for name, script := range p.Scripts { // order does not matter: each is a finding of its own
		file, _, _ := strings.Cut(script, " ")
		if !strings.HasPrefix(file, "./") {
			continue
		}
		if info, err := os.Stat(filepath.Join("..", file)); err != nil || info.Mode()&0o100 == 0 {
			t.Errorf("%s: %s is no program (%v)", name, file, err)
		}
	}
}

// TestEveryPartRunsInCI holds that the workflow runs every part that test.sh runs
// without being asked, and no other.
func TestEveryPartRunsInCI(t *testing.T) {
	parts := regexp.MustCompile(`(?m)^readonly (?:computing|waiting)=\(([^)]*)\)`).FindAllStringSubmatch(read(t, "../scripts/test.sh"), -1)
	_, matrix, found := strings.Cut(read(t, "../.github/workflows/test.yml"), "        parts:\n")
	if len(parts) != 2 || !found {
		t.Fatal("the parts are not found")
	}
	var run []string
	for _, line := range strings.Split(matrix, "\n") {
		names, listed := strings.CutPrefix(line, "          - ")
		if !listed {
			break
		}
		run = append(run, strings.Fields(names)...)
	}
	want := append(strings.Fields(parts[0][1]), strings.Fields(parts[1][1])...)
	slices.Sort(run)
	slices.Sort(want)
	if !slices.Equal(run, want) {
		t.Errorf("the workflow runs %v, test.sh %v", run, want)
	}
}

// TestCorporaAreRun holds that the inputs of each fuzz target lie beside it: Go
// looks nowhere else.
func TestCorporaAreRun(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "node_modules" || d.Name() == ".git" {
			return filepath.SkipDir
		}
		room, name, of := strings.Cut(path, "/testdata/fuzz/")
		if !of || strings.Contains(name, "/") {
			return nil
		}
		files, err := filepath.Glob(room + "/*_test.go")
		if err != nil {
			return err
		}
		for _, f := range files {
			if strings.Contains(read(t, f), "func "+name+"(") {
				return nil
			}
		}
		t.Errorf("%s holds inputs of a target that is not there", path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
