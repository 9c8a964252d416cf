package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/alecthomas/kong"

	"cloudflarechat/server/settings"
	"cloudflarechat/store"
)

// The files of a data folder that a backup holds, under the same names.
const (
	databaseName = "chat.db"
	secretName   = "data-secret"
)

type backupCommand struct {
	File string `arg:"" help:"Where to write the backup: a new file, such as chat-2026-08-24.tar.gz."`
	configured
	kong.Plugins
}

func newBackupCommand() backupCommand {
	return backupCommand{Plugins: kong.Plugins{flagsOf(settings.Data)}}
}

// Help is shown above the flags.
func (*backupCommand) Help() string {
	return "It may run while the chat does: the copy is of one moment, and nobody waits. The file holds the conversations and the secret " +
		"that belongs to them; whoever has it can read both. The settings are not in it: keep the env file, too."
}

func (*backupCommand) examples() string {
	return `    cloudflare-chat backup chat-backup.tar.gz

  Every night, for a server installed with its settings in a file:
    cloudflare-chat backup --env-file /etc/cloudflare-chat.env /var/backups/chat-$(date +%F).tar.gz
`
}

// Run implements the command.
func (c *backupCommand) Run(t *terminal) error {
	config, err := c.load(t, settings.Data, c.Plugins[0])
	if err != nil {
		return err
	}
	if c.ShowSettings {
		show(t, config, settings.Data)
		return nil
	}
	if _, err := os.Lstat(c.File); err == nil {
		return &failure{exitFailure, fmt.Errorf("%s exists already, and is not replaced", c.File), []string{"choose another name, or move that file away first"}}
	}
	database := filepath.Join(config.DataDir, databaseName)
	if _, err := os.Stat(database); err != nil {
		return &failure{exitFailure, fmt.Errorf("there are no conversations in %s: %s %w", config.DataDir, database, plainCause(err)),
			[]string{"name the folder of the running chat with --data-dir, or its settings with --env-file"}}
	}
	copied, err := os.MkdirTemp(filepath.Dir(c.File), ".cloudflare-chat-backup-")
	if err != nil {
		return fileFailure("the backup cannot be written", err, "choose a folder that this user may write to")
	}
	defer os.RemoveAll(copied)
	if err := copyDatabase(database, filepath.Join(copied, databaseName)); err != nil {
		return err
	}
	secret, err := os.ReadFile(filepath.Join(config.DataDir, secretName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.warn("the data secret is not in this backup, for it is not in %s: keep your DATA_SECRET, too", config.DataDir)
	case err != nil:
		return fileFailure("the data secret cannot be read", err, "run this as the user that runs the chat")
	}
	size, err := pack(c.File, filepath.Join(copied, databaseName), secret)
	if err != nil {
		return fileFailure("the backup could not be finished", err, "make room, or choose another folder; nothing was left behind")
	}
	t.say("Backed up %s to %s (%s).", config.DataDir, c.File, byteSize(size))
	t.say("To put it back on a new machine: %s restore %s", program, c.File)
	return nil
}

// copyDatabase copies a database of one moment, beside whoever writes it.
func copyDatabase(from, to string) error {
	s, err := store.Open(from, store.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	return errors.Join(s.Backup(to), s.Close())
}

// pack writes the archive whole or not at all, and never over a file.
func pack(name, database string, secret []byte) (size int64, err error) {
	part := filepath.Join(filepath.Dir(database), "archive")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	zip := gzip.NewWriter(f)
	archive := tar.NewWriter(zip)
	err = packFile(archive, database)
	if err == nil && secret != nil {
		err = packBytes(archive, secretName, secret)
	}
	err = errors.Join(err, archive.Close(), zip.Close(), f.Sync())
	if info, e := f.Stat(); e == nil {
		size = info.Size()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return size, publish(part, name)
}

// publish gives a finished file its name, unless somebody took it meanwhile.
func publish(part, name string) error {
	if err := os.Link(part, name); err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// A file system without hard links.
	if _, err := os.Lstat(name); err == nil {
		return &fs.PathError{Op: "write", Path: name, Err: fs.ErrExist}
	}
	return os.Rename(part, name)
}

func packFile(archive *tar.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(header(filepath.Base(name), info.Size())); err != nil {
		return err
	}
	_, err = io.Copy(archive, f)
	return err
}

func packBytes(archive *tar.Writer, name string, content []byte) error {
	if err := archive.WriteHeader(header(name, int64(len(content)))); err != nil {
		return err
	}
	_, err := archive.Write(content)
	return err
}

func header(name string, size int64) *tar.Header {
	return &tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: time.Now()}
}

// fileFailure says in words that something about a file went wrong.
func fileFailure(what string, err error, hint string) error {
	return &failure{exitFailure, fmt.Errorf("%s: %w", what, err), []string{hint}}
}

// byteSize writes a size for people.
func byteSize(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%d KB", (n+1023)/1024)
}
