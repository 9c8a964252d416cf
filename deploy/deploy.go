// Package deploy holds what is needed to run the chat somewhere: a systemd
// unit, an image, and rules for those who watch it.
package deploy

import _ "embed"

// Unit is the systemd unit that `cloudflare-chat setup` installs.
//
//go:embed systemd/cloudflare-chat.service
var Unit []byte
