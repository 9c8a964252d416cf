package settings

import (
	"fmt"
	"strings"
)

type pair struct {
	key, value string
	line       int
}

// ReadEnvFile reads the values of an env file by their names; name is how
// messages call the file.
func ReadEnvFile(text []byte, name string) (map[string]string, error) {
	pairs, err := parseEnvFile(text, name)
	if err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, p := range pairs {
		values[p.key] = p.value
	}
	return values, nil
}

// MergeEnvFile puts values into the text of an env file: in place where their
// names stand already, else at the end, in the order of the table. Everything
// else stays as it is.
func MergeEnvFile(text []byte, values map[string]string) []byte {
	left := map[string]string{}
	for k, v := range values {
		left[k] = v
	}
	var out []string
	body := strings.TrimSuffix(string(text), "\n")
	if body != "" {
		for line := range strings.SplitSeq(body, "\n") {
			name, _, is := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
			name = strings.TrimSpace(name)
			if _, mine := values[name]; is && mine && !strings.HasPrefix(name, "#") {
				v, first := left[name]
				if !first {
					continue // a repetition, of which the last would count
				}
				line = name + "=" + quote(v)
				delete(left, name)
			}
			out = append(out, line)
		}
	}
	for i := range Table {
		for _, key := range []string{Table[i].Key, Table[i].FileKey()} {
			if v, more := left[key]; more {
				out = append(out, key+"="+quote(v))
			}
		}
	}
	return []byte(strings.Join(out, "\n") + "\n")
}

// quote writes a value as this package, systemd and Docker Compose all read it.
func quote(v string) string {
	if !strings.ContainsAny(v, " \t#'\"\\$`\n") {
		return v
	}
	if !strings.ContainsAny(v, "'\n") {
		return "'" + v + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(v) + `"`
}

// parseEnvFile reads lines of NAME=value. An empty line and one that begins
// with # are skipped, "export " before a name is allowed, and a value may stand
// in single quotes (as it is) or double quotes (\n, \" and \\ mean what they
// mean in a shell's $'…'). Nothing is expanded. The last of two equal names
// counts.
func parseEnvFile(text []byte, name string) ([]pair, error) {
	var pairs []pair
	body := strings.TrimPrefix(string(text), "\ufeff")
	for i, line := range strings.Split(body, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		key = strings.TrimSpace(key)
		if !ok || key == "" || strings.ContainsAny(key, " \t\"'") {
			return nil, fmt.Errorf("%s, line %d is not NAME=value: write one setting a line, and # before remarks", name, i+1)
		}
		v, err := unquote(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: the value of %s %w", name, i+1, key, err)
		}
		pairs = replace(pairs, pair{key, v, i + 1})
	}
	return pairs, nil
}

func replace(pairs []pair, p pair) []pair {
	for i := range pairs {
		if pairs[i].key == p.key {
			pairs[i] = p
			return pairs
		}
	}
	return append(pairs, p)
}

func unquote(v string) (string, error) {
	if v == "" {
		return "", nil
	}
	switch q := v[0]; q {
	case '\'':
		body, rest, ok := strings.Cut(v[1:], "'")
		if !ok || !remark(rest) {
			return "", fmt.Errorf("begins with ' and does not end with it: put quotes around the whole value or leave them out")
		}
		return body, nil
	case '"':
		var b strings.Builder
		for i := 1; i < len(v); i++ {
			switch {
			case v[i] == '"' && remark(v[i+1:]):
				return b.String(), nil
			case v[i] == '\\' && i+1 < len(v):
				i++
				if v[i] == 'n' {
					b.WriteByte('\n')
				} else {
					b.WriteByte(v[i])
				}
			default:
				b.WriteByte(v[i])
			}
		}
		return "", fmt.Errorf("begins with \" and does not end with it: put quotes around the whole value or leave them out")
	}
	if i := strings.Index(v, " #"); i >= 0 {
		v = strings.TrimSpace(v[:i])
	}
	return v, nil
}

// remark tells whether nothing but a remark follows a quoted value.
func remark(rest string) bool {
	rest = strings.TrimSpace(rest)
	return rest == "" || rest[0] == '#'
}

// strangers warns of names that are one slip away from a setting.
func strangers(pairs []pair, file string) []string {
	var out []string
	for _, p := range pairs {
		if meant := nearest(p.key, max(2, len(p.key)/4)); meant != "" { // the plural of a long name is three slips
			out = append(out, fmt.Sprintf("%s, line %d sets %s, which is no setting: did you mean %s?", file, p.line, p.key, meant))
		}
	}
	return out
}

// strangersAround warns of names in the environment. It is full of names of others:
// only what has a setting's form, and two slips at most, is taken for one.
func strangersAround(names []string) []string {
	var out []string
	for _, name := range names {
		if !strings.Contains(name, "_") {
			continue
		}
		if meant := nearest(name, 2); meant != "" {
			out = append(out, fmt.Sprintf("the environment sets %s, which is no setting: did you mean %s?", name, meant))
		}
	}
	return out
}

// nearest gives the name of a setting that key is a misspelling of, by at most so
// many slips; "" where it is a setting, or nothing like one.
func nearest(key string, most int) string {
	best, bestSlips := "", most+1
	for i := range Table {
		names := []string{Table[i].Key}
		if f := Table[i].FileKey(); f != "" {
			names = append(names, f)
		}
		for _, n := range names {
			if n == key {
				return ""
			}
			if d := slips(key, n); d < bestSlips {
				best, bestSlips = n, d
			}
		}
	}
	return best
}

// slips is the edit distance of two names.
func slips(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
