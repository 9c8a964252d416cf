// Package examples holds the demo page and three pages to copy from, for the demo server to serve.
package examples

import "embed"

// Files holds basic.html, custom-styling.html and spa-integration.html with what they load, and the demo page in demo.
// demo/index.html is an html/template: it wants {{.ConsoleURL}}, the address of the stand-in's console.
//
//go:embed *.html *.js *.css demo
var Files embed.FS
