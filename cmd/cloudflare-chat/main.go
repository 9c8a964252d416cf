// Command cloudflare-chat puts a chat on a website whose team answers in
// Discord. Each subcommand is one file here; what they have in common is how
// they read settings (flags.go), how they speak (terminal.go) and how they end
// (exit.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"cloudflarechat/server/settings"
)

const program = "cloudflare-chat"

// commands is the whole command line, for kong to read.
type commands struct {
	Demo       demoCommand       `cmd:"" help:"Try everything on this machine: a website with the chat, and a stand-in for Discord to answer from."`
	Serve      serveCommand      `cmd:"" help:"Run the chat for your website."`
	Relay      relayCommand      `cmd:"" help:"Listen to Discord for a chat that runs elsewhere."`
	Setup      setupCommand      `cmd:"" help:"Set the chat up, step by step, with every answer checked at once."`
	Doctor     doctorCommand     `cmd:"" help:"Check a whole installation, and say how to mend what is wrong."`
	Health     healthCommand     `cmd:"" help:"Ask a chat that runs how it is."`
	Backup     backupCommand     `cmd:"" help:"Copy the conversations into a file, while the chat runs or not."`
	Restore    restoreCommand    `cmd:"" help:"Put a backup back, where there are no conversations yet."`
	Export     exportCommand     `cmd:"" help:"Print everything that is kept of a person, as JSON."`
	Forget     forgetCommand     `cmd:"" help:"Delete everything that is kept of a person."`
	Discordsim discordsimCommand `cmd:"" help:"Run the stand-in for Discord alone."`
	Version    versionCommand    `cmd:"" help:"Say which version this is."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for a graceful end; from then on the next one ends
	// the process as it would any other.
	context.AfterFunc(ctx, stop)
	t := newTerminal(os.Stdout, os.Stderr, os.Getenv)
	os.Exit(run(ctx, t, os.Args[1:]))
}

// run carries out one command line and gives the exit code.
func run(ctx context.Context, t *terminal, args []string) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	cli := &commands{Serve: newServeCommand(), Relay: newRelayCommand(), Setup: newSetupCommand(), Doctor: newDoctorCommand(), Health: newHealthCommand(), Backup: newBackupCommand(), Restore: newRestoreCommand(), Export: newExportCommand(), Forget: newForgetCommand()}
	helped := false
	parser, err := kong.New(cli,
		kong.Name(program),
		kong.Description("A chat for your website, answered in Discord."),
		kong.Writers(t.out, t.err),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.Exit(func(int) { helped = true }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(t),
	)
	if err != nil {
		// The command line itself is put together wrongly: a bug, not a mistake of
		// the person who typed.
		panic(err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		return t.fail(usageFailure(err, args))
	}
	return t.fail(parsed.Run())
}

// usageFailure explains a command line that could not be read.
func usageFailure(err error, args []string) error {
	var hints []string
	for _, a := range args {
		name, _, _ := strings.Cut(a, "=")
		key := strings.ToUpper(strings.ReplaceAll(strings.TrimLeft(name, "-"), "-", "_"))
		if s := settings.Find(key); s != nil && s.Secret && strings.HasPrefix(a, "--") {
			hints = append(hints, fmt.Sprintf("secrets have no flag, because a list of processes shows flags: set %s in the environment or in an env file, or name a file in %s", s.Key, s.FileKey()))
		}
	}
	help := program + " --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		help = parse.Context.Selected().FullPath() + " --help"
	}
	hints = append(hints, "run "+help+" to see what there is")
	return &failure{code: exitUsage, err: err, hints: hints}
}
