// Command cmd builds the widget into the folder that widget.go embeds, prints what it weighs and puts it into the README,
// and fails when it is too heavy.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"cloudflarechat/widget/build"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	parts, err := build.Run(filepath.Join("widget", "src"))
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join("widget", "*.min.js"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	for _, part := range parts {
		if err := os.WriteFile(filepath.Join("widget", part.Name), part.Bytes, 0o644); err != nil {
			return err
		}
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	text, err := build.PutRow(string(readme), parts)
	if err != nil {
		return err
	}
	if err := os.WriteFile("README.md", []byte(text), 0o644); err != nil {
		return err
	}
	return build.Report(os.Stdout, parts)
}
