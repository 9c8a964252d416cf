package main

import (
	"fmt"

	"github.com/alecthomas/kong"
)

// exampler is a command whose help ends in examples.
type exampler interface{ examples() string }

const programExamples = `  Look around, without any account:
    cloudflare-chat demo

  Run the chat for your website:
    cloudflare-chat serve --env-file /etc/cloudflare-chat.env
`

// printHelp prints kong's help, then examples.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(options, ctx); err != nil {
		return err
	}
	text := programExamples
	if node := ctx.Selected(); node != nil {
		text = ""
		if e, ok := node.Target.Addr().Interface().(exampler); ok {
			text = e.examples()
		}
	}
	if text == "" {
		return nil
	}
	_, err := fmt.Fprintf(ctx.Stdout, "\nExamples:\n%s", text)
	return err
}
