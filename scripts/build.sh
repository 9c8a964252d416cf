#!/bin/sh
# Builds the binary as it is released: static, stripped, without paths of this
# machine. Usage: build.sh [FILE [VERSION]]; FILE is bin/cloudflare-chat unless
# given, VERSION what git calls this commit.
set -eu
cd "$(dirname "$0")/.."
out=${1:-bin/cloudflare-chat}
flags='-s -w'
version=${2-}
[ -n "$version" ] || version=$(git describe --tags --always --dirty 2>/dev/null) || version=
[ -z "$version" ] || flags="$flags -X main.stamped=$version"
mkdir -p "$(dirname "$out")"
CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$out" ./cmd/cloudflare-chat
