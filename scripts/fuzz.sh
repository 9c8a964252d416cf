#!/usr/bin/env bash
# Fuzzes every parser that meets the outside, and then looks for known
# vulnerabilities.
#
#   ./scripts/fuzz.sh                     ten minutes each, one after the other
#   ./scripts/fuzz.sh 30s                 so long each
#   ./scripts/fuzz.sh 1m Frame Relay      only what holds one of these words, in this order
#   ./scripts/fuzz.sh --jobs 2 10m        two at a time, with one worker each
#   ./scripts/fuzz.sh --list              what there is
#   ./scripts/fuzz.sh --vuln              only the vulnerabilities
#
# A finding is kept by Go in testdata/fuzz beside its test, and fails every later
# run of the tests until it is mended. Each target ends with a line of what was run.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.1.4
say() { printf '%s\n' "fuzz.sh: $*"; }

# targets: a line each, package and name.
targets() {
  grep -rn --include='*_test.go' --exclude-dir=node_modules '^func Fuzz' . |
    sed -E 's|^(.*)/[^/]*:[0-9]+:func (Fuzz[A-Za-z0-9_]*).*|\1 \2|' | sort -u
}

# vulnerabilities fails on what is reachable from this code. Without the data it
# says so aloud, and is no failure: CI has it.
vulnerabilities() {
  local said status
  said=$(timeout 300 go run "$govulncheck" ./... 2>&1)
  status=$?
  case $said in
    *"vuln.go.dev"* | *"no such host"* | *"connection refused"* | *"i/o timeout"* | *"404 Not Found"* | *"403 Forbidden"*)
      if [ $status -ne 0 ] && [ $status -ne 3 ]; then
        say "NOT CHECKED for known vulnerabilities: the tool or its data cannot be had here ($(grep -v "^exit status" <<<"$said" | tail -1 | cut -c1-160))"
        return 0
      fi ;;
  esac
  if [ $status -eq 124 ]; then
    say "NOT CHECKED for known vulnerabilities: the data did not come in time"
    return 0
  fi
  printf '%s\n' "$said"
  return $status
}

jobs=1 workers=()
case ${1:-} in
  -h | --help) sed -n '2,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --list) targets; exit 0 ;;
  --vuln) vulnerabilities; exit ;;
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
[ $# -gt 0 ] || vulnerabilities || exit 1
[ ! -e "$dir/failed" ]
