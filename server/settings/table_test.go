package settings

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write docs/configuration.md anew")

// TestTable holds what each row owes its reader.
func TestTable(t *testing.T) {
	name := regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	seen := map[string]bool{}
	fieldsSeen := map[any]string{}
	var c Config
	for i := range Table {
		s := &Table[i]
		if !name.MatchString(s.Key) || seen[s.Key] {
			t.Errorf("%s: a bad name, or twice", s.Key)
		}
		seen[s.Key] = true
		if s.Secret && (strings.HasSuffix(s.Key, "_FILE") || s.Flag() != "") {
			t.Errorf("%s: a secret with a flag", s.Key)
		}
		if other := fieldsSeen[s.field(&c)]; other != "" {
			t.Errorf("%s and %s share a field", s.Key, other)
		}
		fieldsSeen[s.field(&c)] = s.Key
		if s.Commands == 0 || !s.Commands.Has(s.Required) {
			t.Errorf("%s: required where it is not used, or used nowhere", s.Key)
		}
		if s.Group == "" || s.Takes == "" || s.Put == "" || strings.HasSuffix(s.Put, ".") {
			t.Errorf("%s: group, kind or what to put there is missing, or ends in a full stop", s.Key)
		}
		if !strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: the text is no sentence", s.Key)
		}
		if s.Required != 0 && s.Default != "" {
			t.Errorf("%s: required and with a default", s.Key)
		}
	}
	for _, key := range strings.Fields("DISCORD_BOT_TOKEN DISCORD_SUPPORT_CHANNEL_ID TURNSTILE_SECRET_KEY ALLOWED_ORIGINS " +
		"BOT_RELAY_SECRET DISCORD_API_URL TURNSTILE_VERIFY_URL SUPPORT_ROLE_ID IDENTITY_SECRET ADMIN_SECRET DATA_SECRET") {
		if Find(key) == nil {
			t.Errorf("%s is not in the table", key)
		}
	}
	if Find("NOTHING") != nil {
		t.Error("found what is not there")
	}
}

func TestMarkdown(t *testing.T) {
	const path = "../../docs/configuration.md"
	want := Markdown()
	if *rewrite {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/configuration.md is stale; write it anew by: go test ./server/settings -run TestMarkdown -rewrite")
	}
}
