package server

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	secretFile     = "data-secret"
	secretBytes    = 32
	minSecretBytes = 32
)

// dataSecret gives the secret of a deployment: the one that was set, else the
// one in the data directory, made where there is none.
func dataSecret(set []byte, dir string, random io.Reader) ([]byte, error) {
	if len(set) > 0 {
		if len(set) < minSecretBytes {
			return nil, fmt.Errorf("server: DATA_SECRET has %d bytes and needs at least %d; such as the output of: openssl rand -hex 32", len(set), minSecretBytes)
		}
		return set, nil
	}
	name := filepath.Join(dir, secretFile)
	kept, err := os.ReadFile(name)
	switch {
	case err == nil:
		kept = []byte(strings.TrimSpace(string(kept)))
		if len(kept) < minSecretBytes {
			return nil, fmt.Errorf("server: %s is damaged: put back the copy that belongs to this data directory; with another secret every conversation would be lost", name)
		}
		return kept, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("server: %w %s has a secret that this user cannot read: run this as the folder's owner, or choose another with DATA_DIR (%w)", ErrDataDir, dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, databaseFile)); err == nil {
		return nil, fmt.Errorf("server: %s is missing, but a database is there: put the file back, or set DATA_SECRET; with another secret every conversation would be lost", name)
	}
	raw := make([]byte, secretBytes)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, fmt.Errorf("server: the source of randomness failed: %w", err)
	}
	made := []byte(hex.EncodeToString(raw))
	return made, writeSecret(name, made)
}

// writeSecret writes a file whole or not at all, for nobody else to read.
func writeSecret(name string, content []byte) error {
	part := name + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("server: %w cannot be written: choose one that this user may write, with DATA_DIR (%w)", ErrDataDir, err)
	}
	_, err = f.Write(append(content[:len(content):len(content)], '\n'))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return fmt.Errorf("server: the data secret cannot be kept: %w", err)
	}
	return nil
}
