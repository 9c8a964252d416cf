package settings

import (
	"reflect"
	"strings"
	"testing"
)

func TestEnvFile(t *testing.T) {
	const text = "\ufeff# remark\r\n\nA=1\r\nexport B = two words # remark\nC='$kept \"as\" it is' # remark\n" +
		`D="line\nbreak \"quoted\" \\ "` + "\nE=\nF=a#b\nA=3\n"
	got, err := parseEnvFile([]byte(text), ".env")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"A": "3", "B": "two words", "C": `$kept "as" it is`, "D": "line\nbreak \"quoted\" \\ ", "E": "", "F": "a#b"}
	if len(got) != len(want) {
		t.Fatalf("%v", got)
	}
	for _, p := range got {
		if want[p.key] != p.value {
			t.Errorf("%s is %q, want %q", p.key, p.value, want[p.key])
		}
	}
}

func TestEnvFileProblems(t *testing.T) {
	tests := []struct{ text, want string }{
		{"A=1\nnonsense", ".env, line 2 is not NAME=value"},
		{"=1", "line 1 is not NAME=value"},
		{"two names=1", "is not NAME=value"},
		{"A='open", "the value of A begins with ' and does not end with it"},
		{`A="open`, "the value of A begins with \" and does not end with it"},
		{`A="closed" tail`, "does not end with it"},
	}
	for _, tt := range tests {
		_, err := parseEnvFile([]byte(tt.text), ".env")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: %v, want %q", tt.text, err, tt.want)
		}
	}
}

func TestStrangers(t *testing.T) {
	src := from()
	src.EnvFileName = ".env"
	src.EnvFile = []byte("DISCORD_BOT_TOKE=x\nDATABASE_URL=x\nTEAM_NAME=x\nADMIN_SECRET_FIL=x\nTRUSTED_PROXY=x\n")
	got, err := Load(Serve, src)
	if err != nil {
		t.Fatal(err)
	}
	// They may be why a setting is missing, so they are said then, too.
	src.Env = nil
	missing, err := Load(Serve, src)
	if err == nil || !reflect.DeepEqual(missing.Warnings, got.Warnings) {
		t.Errorf("with a setting missing: %v, %+v", err, missing)
	}
	if len(got.Warnings) != 3 || !strings.Contains(got.Warnings[2], "TRUSTED_PROXIES?") ||
		!strings.Contains(got.Warnings[0], ".env, line 1 sets DISCORD_BOT_TOKE, which is no setting: did you mean DISCORD_BOT_TOKEN?") ||
		!strings.Contains(got.Warnings[1], "ADMIN_SECRET_FILE?") {
		t.Errorf("%q", got.Warnings)
	}
}

// TestStrangersAround holds that of the names in the environment, most of which are
// others', those that are a slip away from a setting are named.
func TestStrangersAround(t *testing.T) {
	src := from()
	src.EnvNames = []string{"PATH", "TEAM_NAMES", "DISCORD_BOT_TOKEN", "DISCORD_TOKEN", "LOG_FILE", "RETENTIONS", "MESSAGE_PER_MINUTE", "DATA_DIR"}
	got, err := Load(Serve, src)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the environment sets TEAM_NAMES, which is no setting: did you mean TEAM_NAME?",
		"the environment sets MESSAGE_PER_MINUTE, which is no setting: did you mean MESSAGES_PER_MINUTE?"}
	if !reflect.DeepEqual(got.Warnings, want) {
		t.Errorf("%q", got.Warnings)
	}
}

func FuzzEnvFile(f *testing.F) {
	f.Add("A=1\nexport B='x' # y\n")
	f.Add("A=\"\\")
	f.Fuzz(func(t *testing.T, text string) {
		pairs, err := parseEnvFile([]byte(text), "f")
		if err == nil {
			for _, p := range pairs {
				if p.key == "" || p.line < 1 {
					t.Errorf("%+v", p)
				}
			}
		}
	})
}

func TestMergeEnvFile(t *testing.T) {
	const old = "# mine\nexport TEAM_NAME=old\nOTHER=kept\nTEAM_NAME=older\n#GREETING=remark\n"
	values := map[string]string{"TEAM_NAME": "it's new", "GREETING": "Hi # there", "DISCORD_BOT_TOKEN": "token"}
	got := string(MergeEnvFile([]byte(old), values))
	want := "# mine\nTEAM_NAME=\"it's new\"\nOTHER=kept\n#GREETING=remark\nDISCORD_BOT_TOKEN=token\nGREETING='Hi # there'\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if again := string(MergeEnvFile([]byte(got), values)); again != got {
		t.Errorf("the second time: %s", again)
	}
}

// FuzzMergeEnvFile holds that what is written is what is read.
func FuzzMergeEnvFile(f *testing.F) {
	f.Add("A=1\n", "x y")
	f.Add("TEAM_NAME='a'", `it's "$" \`)
	f.Fuzz(func(t *testing.T, old, value string) {
		value = strings.ReplaceAll(strings.TrimSpace(value), "\r", "")
		if _, err := ReadEnvFile([]byte(old), ""); err != nil || value == "" || strings.ContainsAny(old, "\r") {
			t.Skip()
		}
		back, err := ReadEnvFile(MergeEnvFile([]byte(old), map[string]string{"TEAM_NAME": value}), "")
		if err != nil || back["TEAM_NAME"] != value {
			t.Errorf("%q became %q, %v", value, back["TEAM_NAME"], err)
		}
	})
}
