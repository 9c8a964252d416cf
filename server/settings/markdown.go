package settings

import (
	"fmt"
	"strings"
)

const preface = `# Configuration

<!-- Written from the table in server/settings by: go test ./server/settings -run TestMarkdown -rewrite -->

Every setting has one name. It is given, the first that is found winning, as

1. a flag: the name in lower case with dashes, such as ` + "`--listen-address 0.0.0.0:8787`" + `. **Secrets have no flag**, because a list of processes shows flags;
2. an environment variable;
3. a line ` + "`NAME=value`" + ` in an env file: the file named by ` + "`--env-file`" + `, else ` + "`.env`" + ` in the working directory where there is one.

A secret may also stand in a file of its own, as container tools give them: ` + "`NAME_FILE`" + ` is then the path of the file.
An empty value counts as not given. A setting that is missing or wrong stops the command with one sentence that says what to put there.
` + "`cloudflare-chat serve --show-settings`" + ` prints what is in force, secrets hidden.

` + "`cloudflare-chat demo` and `cloudflare-chat discordsim`" + ` read no setting at all: they never touch the real Discord.

The exit code says what stopped a command: 0 nothing, 1 a failure, 2 a command line that could not be read, 3 a setting that is missing or
wrong, 4 an address that cannot be listened on.

Lengths of time are written as ` + "`90s`, `30m`, `1h` or `90d`" + `; lists are separated by commas.
`

// Markdown writes docs/configuration.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(preface)
	group := ""
	for i := range Table {
		s := &Table[i]
		if s.Group != group {
			group = s.Group
			fmt.Fprintf(&b, "\n## %s\n", group)
		}
		fmt.Fprintf(&b, "\n### `%s`\n\n%s\n\n", s.Key, s.Doc)
		fmt.Fprintf(&b, "- **Takes** %s", s.Takes)
		if s.Default != "" {
			fmt.Fprintf(&b, ", by default `%s`", s.Default)
		}
		b.WriteString(".\n")
		fmt.Fprintf(&b, "- **Put there** %s.\n", s.Put)
		if s.Secret {
			fmt.Fprintf(&b, "- **A secret**: no flag; may be read from the file that `%s` names.\n", s.FileKey())
		} else {
			fmt.Fprintf(&b, "- **Flag** `--%s`.\n", s.Flag())
		}
		fmt.Fprintf(&b, "- **Used by** %s", backticks(s.Commands))
		if s.Required != 0 {
			fmt.Fprintf(&b, "; **required** by %s", backticks(s.Required))
		}
		b.WriteString(".\n")
	}
	return b.String()
}

func backticks(c Command) string {
	return "`" + strings.ReplaceAll(c.String(), ", ", "`, `") + "`"
}
