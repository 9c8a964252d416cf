package settings

import (
	"errors"
	"fmt"
	"strings"
)

// Sources is where values come from. A value given as a flag wins over the
// environment, and the environment over the env file. Empty values count as
// not given, because container tools pass on names that nobody set.
type Sources struct {
	// Flag gives the value of a flag, by the key of its setting.
	Flag func(key string) string
	// Env gives the value of an environment variable.
	Env func(name string) string
	// EnvNames are the names that the environment has, for [Loaded.Warnings] alone.
	EnvNames []string
	// EnvFile is the text of an env file, and EnvFileName how messages call it.
	EnvFile     []byte
	EnvFileName string
	// ReadFile reads the file that a NAME_FILE names.
	ReadFile func(path string) ([]byte, error)
}

// Problem is what is wrong with one setting.
type Problem struct {
	Setting *Setting
	// Name is what was set: the key, the flag, or the key of the file.
	Name string
	// What is wrong, to follow the name.
	What string
	// Missing is set where it is not there at all.
	Missing bool
}

// Error is one sentence that names the setting and says what to put there.
func (p *Problem) Error() string {
	if p.Setting == nil {
		return p.Name + " " + p.What
	}
	return fmt.Sprintf("%s %s: put there %s", p.Name, p.What, p.Setting.Put)
}

// Loaded is what was read.
type Loaded struct {
	Config Config
	// Warnings are about names in the env file and the environment that are no
	// setting but look like one.
	Warnings []string
}

// Load reads and checks the settings of a command. The error joins one
// [Problem] a setting that is missing or wrong; what is loaded then are the
// Warnings alone, which may say why.
func Load(of Command, src Sources) (*Loaded, error) {
	file, err := parseEnvFile(src.EnvFile, src.EnvFileName)
	if err != nil {
		return &Loaded{}, err
	}
	out := &Loaded{Warnings: append(strangers(file, src.EnvFileName), strangersAround(src.EnvNames)...)}
	var problems []error
	for i := range Table {
		s := &Table[i]
		if !s.Commands.Has(of) {
			continue
		}
		if p := src.one(s, of, file, &out.Config); p != nil {
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		return &Loaded{Warnings: out.Warnings}, errors.Join(problems...)
	}
	return out, nil
}

// Defaults gives the settings when nobody sets any.
func Defaults() Config {
	var c Config
	for i := range Table {
		if s := &Table[i]; s.Default != "" {
			if err := s.set(&c, s.Default); err != nil {
				panic(fmt.Sprintf("settings: default of %s %v", s.Key, err))
			}
		}
	}
	return c
}

// one finds, checks and sets one setting.
func (src *Sources) one(s *Setting, of Command, file []pair, c *Config) error {
	value, name, err := src.value(s, file)
	if err != nil {
		return err
	}
	switch {
	case value != "":
	case s.Required.Has(of):
		return &Problem{Setting: s, Name: s.Key, What: "is missing", Missing: true}
	case s.Default == "":
		return nil
	default:
		value = s.Default
	}
	if err := s.set(c, value); err != nil {
		return &Problem{Setting: s, Name: name, What: err.Error()}
	}
	return nil
}

// value finds a setting's value, and by which name it was given.
func (src *Sources) value(s *Setting, file []pair) (value, name string, err error) {
	if src.Flag != nil && !s.Secret {
		if v := src.Flag(s.Key); v != "" {
			return v, "--" + s.Flag(), nil
		}
	}
	env := src.Env
	if env == nil {
		env = func(string) string { return "" }
	}
	inFile := func(name string) string {
		for _, p := range file {
			if p.key == name {
				return p.value
			}
		}
		return ""
	}
	for _, get := range []func(string) string{env, inFile} {
		v, path := strings.TrimSpace(get(s.Key)), ""
		if s.Secret {
			path = get(s.FileKey())
		}
		switch {
		case v != "" && path != "":
			return "", "", &Problem{Name: s.Key, What: fmt.Sprintf("and %s are both set: keep one of them", s.FileKey())}
		case v != "":
			return v, s.Key, nil
		case path != "":
			v, err := src.fromFile(s, path)
			return v, s.FileKey(), err
		}
	}
	return "", s.Key, nil
}

func (src *Sources) fromFile(s *Setting, path string) (string, error) {
	if src.ReadFile == nil {
		return "", &Problem{Name: s.FileKey(), What: "cannot be used here: set " + s.Key + " instead"}
	}
	b, err := src.ReadFile(path)
	if err != nil {
		return "", &Problem{Name: s.FileKey(), What: fmt.Sprintf("names a file that cannot be read (%v): put there the path of a file that holds %s", err, s.Put)}
	}
	v := strings.TrimSpace(string(b))
	if v == "" {
		return "", &Problem{Setting: s, Name: path + ", named by " + s.FileKey() + ",", What: "is empty"}
	}
	return v, nil
}
