package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"strconv"
	"strings"

	"cloudflarechat/server/settings"
)

// configured is what the commands with settings have in common.
type configured struct {
	EnvFile      string `placeholder:"FILE" help:"Read settings from this file, NAME=value a line. Without it: .env in the working directory, where there is one."`
	ShowSettings bool   `help:"Print the settings in force, secrets hidden, and end."`
}

// flagsOf makes a struct with one string field for each setting of a command
// that is no secret, for kong to read flags into, so that the flags are the
// table's and nobody's else.
func flagsOf(of settings.Command) any {
	var fields []reflect.StructField
	for i := range settings.Table {
		s := &settings.Table[i]
		if !s.Commands.Has(of) || s.Secret {
			continue
		}
		help := s.Doc
		if s.Default != "" {
			help += " By default " + s.Default + "."
		}
		tag := fmt.Sprintf(`name:%s help:%s placeholder:%s group:%s`,
			strconv.Quote(s.Flag()), strconv.Quote(strings.ReplaceAll(help, "`", "")), strconv.Quote(placeholder(s)), strconv.Quote(s.Group+":"))
		fields = append(fields, reflect.StructField{Name: s.Key, Type: reflect.TypeFor[string](), Tag: reflect.StructTag(tag)})
	}
	return reflect.New(reflect.StructOf(fields)).Interface()
}

func placeholder(s *settings.Setting) string {
	switch s.Takes {
	case "HOST:PORT":
		return s.Takes
	case "on or off":
		return "on|off"
	case "debug, info, warn or error":
		return "LEVEL"
	}
	words := strings.Fields(s.Takes)
	if n := len(words); n >= 3 && words[n-2] == "or" {
		if n == 3 {
			return words[0] + "|" + words[2]
		}
		return strings.ToUpper(words[n-3]) + "|" + words[n-1] // a length of time or off
	}
	return strings.ToUpper(words[len(words)-1])
}

// flagValue reads a field of what [flagsOf] made.
func flagValue(flags any, key string) string {
	f := reflect.ValueOf(flags).Elem().FieldByName(key)
	if !f.IsValid() {
		return ""
	}
	return f.String()
}

// load reads the settings of a command from flags, environment and files.
func (c *configured) load(t *terminal, of settings.Command, flags any) (*settings.Config, error) {
	src := settings.Sources{
		Flag:        func(key string) string { return flagValue(flags, key) },
		Env:         t.getenv,
		EnvNames:    t.envNames,
		ReadFile:    os.ReadFile,
		EnvFileName: c.EnvFile,
	}
	if c.EnvFile == "" {
		src.EnvFileName = ".env"
	}
	text, err := os.ReadFile(src.EnvFileName)
	switch {
	case err == nil:
		src.EnvFile = text
	case c.EnvFile == "" && errors.Is(err, fs.ErrNotExist):
	default:
		return nil, &failure{exitSettings, fmt.Errorf("the env file %s cannot be read: %w", src.EnvFileName, plainCause(err)), []string{"name a file that this user may read with --env-file"}}
	}
	loaded, err := settings.Load(of, src)
	for _, w := range loaded.Warnings {
		t.warn("%s", w)
	}
	if err != nil {
		return nil, settingsFailure(err)
	}
	return &loaded.Config, nil
}

// show prints the settings in force.
func show(t *terminal, c *settings.Config, of settings.Command) {
	for _, l := range settings.Dump(c, of) {
		t.say("%s=%s", l.Key, l.Value)
	}
}

// plainCause takes the path off an error about a file that is named already.
func plainCause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// newLog makes the log that a configured command writes.
func newLog(t *terminal, c *settings.Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(t.err, o))
	}
	return slog.New(slog.NewTextHandler(t.err, o))
}
