package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"cloudflarechat/deploy"
	"cloudflarechat/server/settings"
)

// finish does what needs no answer.
func (w *wizard) finish(ctx context.Context) error {
	w.t.say("")
	if err := w.commands(ctx); err != nil {
		return err
	}
	if w.known["ADMIN_SECRET"] == "" && w.kept["ADMIN_SECRET_FILE"] == "" {
		raw := make([]byte, 32)
		if _, err := rand.Read(raw); err != nil {
			return fmt.Errorf("the source of randomness failed: %w", err)
		}
		w.answers["ADMIN_SECRET"] = hex.EncodeToString(raw)
	}
	// A chat that listens on this machine alone is reached through a proxy here.
	host, _, err := net.SplitHostPort(w.value("LISTEN_ADDRESS"))
	if ip := net.ParseIP(host); err == nil && ip != nil && ip.IsLoopback() && w.known["TRUSTED_PROXIES"] == "" {
		w.answers["TRUSTED_PROXIES"] = "127.0.0.1,::1"
	}
	return nil
}

// write puts the answers into the env file, whole or not at all.
func (w *wizard) write() error {
	text := w.old
	if len(text) == 0 {
		text = []byte("# Settings of cloudflare-chat; docs/configuration.md explains each. Keep this file to yourself.\n")
	}
	for key := range w.answers { // order does not matter: each stands for itself
		if s := settings.Find(key); s.Secret && w.kept[s.FileKey()] != "" {
			delete(w.answers, key) // it lives in a file of its own
		}
	}
	text = settings.MergeEnvFile(text, w.answers)
	if bytes.Equal(text, w.old) {
		w.good("%s has all of that already", w.c.EnvFile)
		return nil
	}
	if err := writeWhole(w.path, text, 0o600); err != nil {
		return &failure{exitSettings, fmt.Errorf("the env file %s cannot be written: %w", w.c.EnvFile, plainCause(err)), []string{"name another with --env-file; nothing was changed"}}
	}
	w.good("the settings are in %s, for your eyes only", w.c.EnvFile)
	return nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(name string, text []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".cloudflare-chat-")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// then says what stands in the pages, and does what comes next.
func (w *wizard) then(ctx context.Context) error {
	address := strings.TrimSuffix(w.c.URL, "/")
	if address == "" {
		address = "https://chat.example.com"
	}
	w.t.say("")
	w.t.say("Put this into your pages, with the address at which the chat will be reached:")
	w.t.say("")
	if w.c.SiteKey != "" {
		w.t.say("    <script>window.CloudflareChat = { turnstileSiteKey: %q }</script>", w.c.SiteKey)
	}
	w.t.say("    <script src=\"%s/chat-widget.min.js\" async></script>", address)
	w.t.say("")
	what := w.c.Then
	if what == "" && w.ask != nil {
		options := []option{{"run", "Run the chat here, now"}}
		if runtime.GOOS == "linux" {
			options = append(options, option{"systemd", "Install it as a service of this machine (systemd)"})
		}
		options = append(options, option{"cloudflare", "Deploy it to Cloudflare (in a clone of the repository)"}, option{"nothing", "Nothing now"})
		var err error
		if what, err = w.ask.choose(ctx, "What next?", "", options, "run"); err != nil {
			what = "nothing" // the settings are written: that is no failure
		}
	}
	switch what {
	case "run":
		serve := newServeCommand()
		serve.EnvFile = w.c.EnvFile
		return serve.Run(ctx, w.t)
	case "systemd":
		return w.install(ctx)
	case "cloudflare":
		if script, err := filepath.Abs("scripts/deploy.sh"); err == nil && runnable(script) {
			w.t.say("./scripts/deploy.sh --env-file %s", w.c.EnvFile)
			deploy := exec.CommandContext(ctx, script, "--env-file", w.path)
			deploy.Cancel = func() error { return deploy.Process.Signal(os.Interrupt) }
			deploy.Stdin, deploy.Stdout, deploy.Stderr = w.t.in, w.t.out, w.t.err
			if err := deploy.Run(); err != nil {
				return &failure{exitFailure, errors.New("it is not deployed; the settings are written"), []string{"when what is said above is mended, run ./scripts/deploy.sh --env-file " + w.c.EnvFile}}
			}
			return nil
		}
		w.t.say("Next, in a clone of the repository:")
		w.t.say("")
		path, err := filepath.Abs(w.path)
		if err != nil {
			return err
		}
		w.t.say("    ./scripts/deploy.sh --env-file %s", path)
		w.t.say("")
		w.t.say("docs/deploy-cloudflare.md says what it does with %s.", w.c.EnvFile)
		return nil
	}
	w.t.say("Next:")
	w.t.say("")
	w.t.say("    %s serve --env-file %s", program, w.c.EnvFile)
	w.t.say("    %s doctor --env-file %s --url %s", program, w.c.EnvFile, address)
	w.t.say("")
	w.t.say("or, in a clone of the repository, ./scripts/deploy.sh --env-file %s", w.c.EnvFile)
	return nil
}

// runnable tells whether a file is there and may be run.
func runnable(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// Where the service's files are.
const (
	serviceName   = "cloudflare-chat.service"
	serviceBinary = "usr/local/bin/cloudflare-chat"
	serviceEnv    = "etc/cloudflare-chat.env"
	serviceUnit   = "etc/systemd/system/" + serviceName
	serviceData   = "/var/lib/cloudflare-chat" // as the unit's StateDirectory says
)

// install makes a systemd service of this binary and these settings.
func (w *wizard) install(ctx context.Context) error {
	own, err := os.Executable()
	if err != nil {
		return fmt.Errorf("this program does not find itself: %w", err)
	}
	text, err := os.ReadFile(w.path)
	if err != nil {
		return err
	}
	// For doctor, backup and restore, which know the service by this file alone.
	text = settings.MergeEnvFile(text, map[string]string{"DATA_DIR": serviceData})
	byHand := []string{
		"as root: install -m 755 " + own + " /" + serviceBinary,
		"as root: install -m 600 " + w.path + " /" + serviceEnv,
		"as root: echo DATA_DIR=" + serviceData + " >> /" + serviceEnv,
		"as root: install -m 644 deploy/systemd/" + serviceName + " /" + serviceUnit,
		"as root: systemctl daemon-reload && systemctl enable --now cloudflare-chat",
	}
	systemctl, err := exec.LookPath("systemctl")
	if err != nil {
		return &failure{exitFailure, errors.New("there is no systemd here; the settings are written"), []string{"run " + program + " serve --env-file " + w.c.EnvFile + " under the supervisor that you have"}}
	}
	// systemd(7): the folder is there exactly where it runs as the first process.
	if _, err := os.Stat("/run/systemd/system"); err != nil && w.c.Root == "/" {
		return &failure{exitFailure, errors.New("systemd does not run here; the settings are written"), []string{"run " + program + " serve --env-file " + w.c.EnvFile + " under the supervisor that you have"}}
	}
	if os.Geteuid() != 0 && w.c.Root == "/" {
		return &failure{exitFailure, errors.New("installing a service needs root; the settings are written"), byHand}
	}
	files := []struct {
		name string
		put  func(string) error
	}{
		{serviceBinary, func(name string) error { return copyProgram(own, name) }},
		{serviceEnv, func(name string) error { return writeWhole(name, text, 0o600) }},
		{serviceUnit, func(name string) error { return writeWhole(name, deploy.Unit, 0o644) }},
	}
	for _, f := range files {
		name := filepath.Join(w.c.Root, f.name)
		if name == own {
			continue
		}
		if err := f.put(name); err != nil {
			return &failure{exitFailure, fmt.Errorf("the service was not installed: %w; the settings are written", err), byHand}
		}
		w.good("%s", name)
	}
	for _, args := range [][]string{{"daemon-reload"}, {"enable", "cloudflare-chat"}, {"restart", "cloudflare-chat"}} {
		if out, err := exec.CommandContext(ctx, systemctl, args...).CombinedOutput(); err != nil {
			return &failure{exitFailure, fmt.Errorf("systemctl %s failed: %s", strings.Join(args, " "), strings.TrimSpace(string(out))),
				[]string{"see journalctl -u cloudflare-chat"}}
		}
	}
	w.good("the service runs, and starts with the machine")
	w.t.say("")
	w.t.say("Next: put a reverse proxy with TLS before http://%s (docs/deploy-server.md), then", w.value("LISTEN_ADDRESS"))
	w.t.say("")
	w.t.say("    %s doctor --env-file /%s --url %s", program, serviceEnv, cmp.Or(strings.TrimSuffix(w.c.URL, "/"), "https://chat.example.com"))
	return nil
}

// copyProgram copies a program beside the one it replaces, which may run.
func copyProgram(from, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	part := to + ".part"
	out, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	defer os.Remove(part)
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(part, to)
}
