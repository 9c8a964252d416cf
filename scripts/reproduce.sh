#!/usr/bin/env bash
# Builds the same sources twice, in folders of different names and the second time
# with an empty cache, and compares: the release's binary, the widget's files and
# both Workers.
#
#   ./scripts/reproduce.sh               what is committed
#   ./scripts/reproduce.sh --no-workers  without the Workers, which want npm's tools
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

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
    if [ -z "$workers" ]; then
      sha256sum out/cloudflare-chat widget/*.min.js
      exit
    fi
    cp -a "$root/workers/node_modules" workers/
    touch workers/node_modules/.package-lock.json
    ./scripts/build-workers.sh >out/workers.log 2>&1 || { cat out/workers.log >&2 && exit 1; }
    sha256sum out/cloudflare-chat widget/*.min.js workers/border/core.wasm workers/.test/*/index.js
  ) >"$at.sums"
}

workers=1
if [ "${1-}" = --no-workers ]; then
  workers=
elif [ ! -d workers/node_modules ]; then
  ./scripts/build-workers.sh --no-check >/dev/null
fi
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
