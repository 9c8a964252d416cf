#!/usr/bin/env bash
# Builds what is committed twice, in folders of different names and the second time
# with an empty cache, and compares the release's binary and the widget's files.
#
#   ./scripts/reproduce.sh
#
# The Workers' core.wasm is not among them: it is the snapshot of a runtime that
# was started, with the random numbers that this one drew.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "reproduce.sh: $*"; }
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir" && rm -rf "$dir"' EXIT

# build FOLDER – a copy of the sources there, built; sums stand in FOLDER.sums.
build() {
  local at=$1
  mkdir -p "$at"
  git archive HEAD | tar -x -C "$at"
  mkdir -p "$at/out/committed" && cp "$at"/widget/*.min.js "$at/out/committed"
  (
    cd "$at"
    ./scripts/build.sh out/cloudflare-chat 1.2.3
    ./scripts/build-widget.sh >/dev/null
    sha256sum out/cloudflare-chat widget/*.min.js
  ) >"$at.sums"
}

build "$dir/here"
say "built once; now again elsewhere, from nothing"
export GOCACHE=$dir/cache
build "$dir/another place/far from there"
if ! diff "$dir/here.sums" "$dir/another place/far from there.sums"; then
  say "the same sources gave different bytes"
  exit 1
fi
cut -c1-16,65- "$dir/here.sums"
# What is committed is what these sources give.
for f in "$dir"/here/widget/*.min.js; do
  cmp "$f" "$dir/here/out/committed/$(basename "$f")"
done
say "$(wc -l <"$dir/here.sums") files, twice the same"
