package settings

import (
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Command is a set of the commands that use a setting.
type Command uint8

// The commands that are configured.
const (
	Serve Command = 1 << iota
	Relay
	// Data are the commands that work with the data folder alone.
	Data
	// Listener are the commands that ask a chat on this machine.
	Listener
)

// Has tells whether c holds every command of o.
func (c Command) Has(o Command) bool { return c&o == o }

// String names the commands, as one types them.
func (c Command) String() string {
	var names []string
	if c.Has(Serve) {
		names = append(names, "serve")
	}
	if c.Has(Relay) {
		names = append(names, "relay")
	}
	if c.Has(Data) {
		names = append(names, "backup", "restore", "export", "forget")
	}
	if c.Has(Listener) {
		names = append(names, "health")
	}
	return strings.Join(names, ", ")
}

// Setting is one row of [Table].
type Setting struct {
	// Key is its name in the environment and in an env file.
	Key string
	// Group is the heading under which it is documented.
	Group string
	// Takes says what kind of value it takes, in a few words.
	Takes string
	// Default is what it is when nobody sets it; "" is nothing.
	Default string
	// Secret settings have no flag, because a list of processes shows flags, and
	// may be read from the file that NAME_FILE names.
	Secret bool
	// Commands use it, and Required ones do not start without it.
	Commands, Required Command
	// Put says what to put there, after a colon.
	Put string
	// Doc says what it does, in sentences.
	Doc string
	// field is where its value belongs.
	field func(*Config) any
	// check says what is wrong with a value, to stand after the setting's name.
	check func(string) error
}

// Flag is its name on the command line, without dashes; "" for a secret.
func (s *Setting) Flag() string {
	if s.Secret {
		return ""
	}
	return strings.ReplaceAll(strings.ToLower(s.Key), "_", "-")
}

// FileKey is the name that gives the path of a file with its value; "" where
// it is no secret.
func (s *Setting) FileKey() string {
	if !s.Secret {
		return ""
	}
	return s.Key + "_FILE"
}

// Find gives the row of a key, or nil.
func Find(key string) *Setting {
	for i := range Table {
		if Table[i].Key == key {
			return &Table[i]
		}
	}
	return nil
}

// Check says what is wrong with a value, in words that follow the name of the
// setting; nil where nothing is.
func (s *Setting) Check(value string) error {
	var c Config
	return s.set(&c, value)
}

// set checks a value and puts it where it belongs.
func (s *Setting) set(c *Config, value string) error {
	if s.check != nil {
		if err := s.check(value); err != nil {
			return err
		}
	}
	switch p := s.field(c).(type) {
	case *string:
		*p = value
	case *Secret:
		*p = Secret(value)
	case *int:
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("is %q, which is no whole number above zero", value)
		}
		*p = n
	case *bool:
		on, err := parseSwitch(value)
		if err != nil {
			return err
		}
		*p = on
	case *time.Duration:
		d, err := ParseDuration(value)
		if err != nil {
			return err
		}
		*p = d
	case *Wait:
		d, err := parseWait(value)
		if err != nil {
			return err
		}
		*p = Wait(d)
	case *[]string:
		*p = fields(value)
	case *[]netip.Prefix:
		list, err := parsePrefixes(value)
		if err != nil {
			return err
		}
		*p = list
	case *slog.Level:
		if err := p.UnmarshalText([]byte(value)); err != nil {
			return fmt.Errorf("is %q", value)
		}
	default:
		panic(fmt.Sprintf("settings: %s has a field of type %T", s.Key, p))
	}
	return nil
}

// text gives the value back as it could be written; secrets are redacted.
func (s *Setting) text(c *Config) string {
	switch p := s.field(c).(type) {
	case *string:
		return *p
	case *Secret:
		return p.String()
	case *int:
		return strconv.Itoa(*p)
	case *bool:
		if *p {
			return "on"
		}
		return "off"
	case *time.Duration:
		return formatDuration(*p)
	case *Wait:
		if *p == 0 {
			return "off"
		}
		return formatDuration(time.Duration(*p))
	case *[]string:
		return strings.Join(*p, ",")
	case *[]netip.Prefix:
		parts := make([]string, len(*p))
		for i, x := range *p {
			parts[i] = x.String()
		}
		return strings.Join(parts, ",")
	case *slog.Level:
		return strings.ToLower(p.String())
	default:
		panic(fmt.Sprintf("settings: %s has a field of type %T", s.Key, p))
	}
}

// Text gives the value of a setting as it could be written; secrets are
// redacted. It panics on a key that is no setting.
func Text(c *Config, key string) string { return Find(key).text(c) }

// Line is one setting of a dump.
type Line struct{ Key, Value string }

// Dump gives the settings of a command in the table's order, with every secret
// redacted.
func Dump(c *Config, of Command) []Line {
	var lines []Line
	for i := range Table {
		if s := &Table[i]; s.Commands.Has(of) {
			lines = append(lines, Line{s.Key, s.text(c)})
		}
	}
	return lines
}
