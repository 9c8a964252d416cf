package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"cloudflarechat/server/settings"
	"cloudflarechat/store"
)

type restoreCommand struct {
	File string `arg:"" help:"The backup to put back."`
	configured
	kong.Plugins
}

func newRestoreCommand() restoreCommand {
	return restoreCommand{Plugins: kong.Plugins{flagsOf(settings.Data)}}
}

// Help is shown above the flags.
func (*restoreCommand) Help() string {
	return "It checks the backup whole before it puts anything in place, and replaces nothing: where conversations are already, move their folder away first. " +
		"What visitors and the team wrote since the backup was made is not in it; the threads in Discord stay as they are."
}

func (*restoreCommand) examples() string {
	return `    cloudflare-chat restore chat-backup.tar.gz

  For a server installed with its settings in a file, while it is stopped:
    systemctl stop cloudflare-chat
    mkdir /var/lib/cloudflare-chat/old
    mv /var/lib/cloudflare-chat/chat.db* /var/lib/cloudflare-chat/data-secret /var/lib/cloudflare-chat/old/
    cloudflare-chat restore --env-file /etc/cloudflare-chat.env chat-backup.tar.gz
    systemctl start cloudflare-chat
`
}

// Run implements the command.
func (c *restoreCommand) Run(t *terminal) error {
	config, err := c.load(t, settings.Data, c.Plugins[0])
	if err != nil {
		return err
	}
	if c.ShowSettings {
		show(t, config, settings.Data)
		return nil
	}
	dir := config.DataDir
	if err := vacant(dir); err != nil {
		return err
	}
	_, statErr := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fileFailure("the data folder cannot be made", err, "choose another with --data-dir, or run this as the user that runs the chat")
	}
	if errors.Is(statErr, fs.ErrNotExist) {
		// Taken away again where nothing was put in it.
		defer os.Remove(dir)
	}
	part, err := os.MkdirTemp(dir, ".restore-")
	if err != nil {
		return fileFailure("the data folder cannot be written", err, "run this as the user that runs the chat")
	}
	defer os.RemoveAll(part)
	if err := unpack(c.File, part); err != nil {
		return err
	}
	if err := checkDatabase(filepath.Join(part, databaseName)); err != nil {
		return &failure{exitFailure, fmt.Errorf("%s holds a database that cannot be used: %w", c.File, err), []string{"nothing was changed; use another backup"}}
	}
	if err := place(t, part, dir); err != nil {
		return err
	}
	t.say("Restored %s into %s.", c.File, dir)
	t.say("Start the chat with the same settings as before, by the same user that owns that folder.")
	return nil
}

// vacant tells whether a folder has no conversations yet.
func vacant(dir string) error {
	for _, name := range []string{databaseName, databaseName + "-wal"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return &failure{exitFailure, fmt.Errorf("%s holds conversations already, and they are not replaced", dir),
				[]string{"stop the chat and move that folder away, or restore into another one with --data-dir"}}
		}
	}
	return nil
}

// unpack reads a backup into a folder.
func unpack(name, to string) error {
	wrong := func(why error) error {
		return &failure{exitFailure, fmt.Errorf("%s is no backup of %s, or it is damaged: %w", name, program, why), []string{"nothing was changed; use another backup"}}
	}
	f, err := os.Open(name)
	if err != nil {
		return fileFailure("the backup cannot be read", err, "name the file that "+program+" backup wrote")
	}
	defer f.Close()
	zip, err := gzip.NewReader(f)
	if err != nil {
		return wrong(err)
	}
	archive, found := tar.NewReader(zip), map[string]bool{}
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return wrong(err)
		}
		if h.Name != databaseName && h.Name != secretName || found[h.Name] || h.Typeflag != tar.TypeReg {
			return wrong(fmt.Errorf("it holds %q", h.Name))
		}
		found[h.Name] = true
		if err := unpackFile(filepath.Join(to, h.Name), archive); err != nil {
			var path *fs.PathError
			if errors.As(err, &path) {
				return fileFailure("the backup cannot be unpacked", err, "make room; nothing was changed")
			}
			return wrong(err)
		}
	}
	// The checksum stands at the very end.
	if _, err := io.Copy(io.Discard, zip); err != nil {
		return wrong(err)
	}
	if !found[databaseName] {
		return wrong(errors.New("there is no database in it"))
	}
	return nil
}

func unpackFile(name string, from io.Reader) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}

// checkDatabase reads the whole database, and leaves a single file.
func checkDatabase(name string) error {
	s, err := store.Open(name, store.Options{})
	if err != nil {
		return err
	}
	err = errors.Join(s.Check(), s.Close())
	return errors.Join(err, os.Remove(name+".lock"))
}

// place moves what was unpacked to where it belongs, the database last: until
// it is there, a restore can be tried again.
func place(t *terminal, part, dir string) error {
	secret, err := os.ReadFile(filepath.Join(part, secretName))
	there, errThere := os.ReadFile(filepath.Join(dir, secretName))
	switch {
	case err != nil && errThere != nil:
		t.warn("the data secret is not in this backup: set DATA_SECRET to what it was, or every conversation is lost to its visitor")
	case err == nil && errThere == nil && !bytes.Equal(bytes.TrimSpace(secret), bytes.TrimSpace(there)):
		return &failure{exitFailure, fmt.Errorf("%s belongs to other conversations than this backup", filepath.Join(dir, secretName)),
			[]string{"move that folder away, or restore into another one with --data-dir"}}
	}
	if err == nil && errThere != nil {
		if err := os.Rename(filepath.Join(part, secretName), filepath.Join(dir, secretName)); err != nil {
			return fileFailure("the data secret cannot be put in place", err, "nothing else was changed")
		}
		if err := store.Own(filepath.Join(dir, secretName), dir); err != nil {
			return fileFailure("the data secret cannot be given to the folder's owner", err, "give both files to the user that runs the chat")
		}
	}
	if err := store.Own(filepath.Join(part, databaseName), dir); err != nil {
		return fileFailure("the database cannot be given to the folder's owner", err, "run this as the user that runs the chat")
	}
	if err := publish(filepath.Join(part, databaseName), filepath.Join(dir, databaseName)); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return vacant(dir)
		}
		return fileFailure("the database cannot be put in place", err, "try again")
	}
	return syncFolder(dir)
}

// syncFolder makes names durable, where the system can.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !strings.Contains(err.Error(), "invalid") {
		return fileFailure("the disk did not confirm what was written", err, "look at the system's log")
	}
	return nil
}
