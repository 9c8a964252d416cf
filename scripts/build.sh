#!/bin/sh
# Builds the binary as it is released: static, stripped, without paths of this
# machine. Usage: build.sh [FILE [VERSION]]; FILE is bin/cloudflare-chat unless
# given.
set -eu
cd "$(dirname "$0")/.."
out=${1:-bin/cloudflare-chat}
flags='-s -w'
[ -z "${2-}" ] || flags="$flags -X main.stamped=$2"
mkdir -p "$(dirname "$out")"
CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$out" ./cmd/cloudflare-chat
