#!/usr/bin/env bash
# Plays schedules of the simulation (see sim/doc.go) on all cores:
#
#   ./scripts/simulate.sh                 2,000 schedules
#   ./scripts/simulate.sh 100000          as many as one likes
#   ./scripts/simulate.sh 1 4711          the one with this seed, with its transcript
#   ./scripts/simulate.sh planted [MOST]  plants each defect and names a seed that finds it
#
# The last line counts. A failure prints its transcript, its seed and the command
# that repeats it; the exit code is 1 then.
set -euo pipefail
cd "$(dirname "$0")/.."

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
