#!/usr/bin/env bash
# Fuzzes every parser that meets the outside.
#
#   ./scripts/fuzz.sh                     ten minutes each, one after the other
#   ./scripts/fuzz.sh 30s                 so long each
#   ./scripts/fuzz.sh 1m Frame Relay      only what holds one of these words, in this order
#   ./scripts/fuzz.sh --jobs 2 10m        two at a time, with one worker each
#   ./scripts/fuzz.sh --list              what there is
#
# A finding is kept by Go in testdata/fuzz beside its test, and fails every later
# run of the tests until it is mended. Each target ends with a line of what was run.
set -uo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "fuzz.sh: $*"; }

# targets: a line each, package and name.
targets() {
  grep -rn --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . |
    sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort -u
}

jobs=1 workers=()
case ${1:-} in
  -h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --list) targets; exit 0 ;;
  --jobs) jobs=${2:?how many at a time} workers=(-parallel=1) && shift 2 ;;
esac
readonly each=${1:-10m}
shift $(($# > 0 ? 1 : 0))

# chosen: the targets that hold one of the words, word by word; all without words.
chosen() {
  local word
  [ $# -gt 0 ] || { targets; return; }
  for word; do targets | awk -v word="$word" 'index($2, word)'; done | awk '!seen[$0]++'
}

dir=$(mktemp -d) && trap 'rm -rf "$dir"' EXIT

# fuzz PACKAGE NAME – one target, and its line.
fuzz() {
  local package=$1 name=$2 out=$dir/$2.log began=$SECONDS result=clean last
  go test -run '^$' -fuzz "^$name\$" -fuzztime "$each" "${workers[@]}" "$package" >"$out" 2>&1 </dev/null ||
    { result=FOUND && touch "$dir/failed" && tail -40 "$out"; }
  last=$(grep -E '^fuzz: elapsed.*execs' "$out" | tail -1)
  printf '%-17s %-18s %4d s %11s runs %5s new %5s inputs  %s\n' "$name" "$package" $((SECONDS - began)) \
    "$(sed -nE 's/.*execs: ([0-9]+).*/\1/p' <<<"$last")" "$(sed -nE 's/.*interesting: ([0-9]+).*/\1/p' <<<"$last")" \
    "$(sed -nE 's/.*\(total: ([0-9]+)\).*/\1/p' <<<"$last")" "$result"
}

while read -r package name; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
  fuzz "$package" "$name" &
done < <(chosen "$@")
wait
[ ! -e "$dir/failed" ]
