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
# The version is stamped, and what the folder looked like beside it is not: the
# bytes are the same whether built from a clone or from an archive.
CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "$flags" -o "$out" ./cmd/cloudflare-chat
