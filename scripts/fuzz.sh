#!/usr/bin/env bash
# Fuzzes every parser that meets the outside, one target after the other, and
# then looks for known vulnerabilities.
#
#   ./scripts/fuzz.sh             ten minutes each
#   ./scripts/fuzz.sh 30s         so long each
#   ./scripts/fuzz.sh 1m Frame    only the targets whose name holds a word
#   ./scripts/fuzz.sh --list      what there is
#   ./scripts/fuzz.sh --vuln      only the vulnerabilities
#
# A finding is kept by Go in testdata/fuzz beside its test, and fails every later
# run of the tests until it is mended. The last lines are a table of what was run.
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

case ${1:-} in
  -h | --help) sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --list) targets; exit 0 ;;
  --vuln) vulnerabilities; exit ;;
esac
readonly each=${1:-10m} word=${2:-}

report=$(mktemp) && trap 'rm -f "$report"' EXIT
failed=0
while read -r package name; do
  [[ $name == *"$word"* ]] || continue
  say "$name in $package for $each"
  out=$(go test -run '^$' -fuzz "^$name\$" -fuzztime "$each" "$package" 2>&1 </dev/null)
  status=$?
  last=$(grep -E '^fuzz: elapsed' <<<"$out" | tail -1)
  runs=$(sed -E 's/.*execs: ([0-9]+).*/\1/' <<<"$last")
  new=$(sed -E 's/.*\(total: ([0-9]+)\).*/\1/' <<<"$last")
  if [ $status -eq 0 ]; then
    result=clean
  else
    result=FOUND
    failed=1
    printf '%s\n' "$out" | tail -40
  fi
  printf '%-22s %-22s %12s runs %6s inputs  %s\n' "$name" "$package" "${runs:-?}" "${new:-?}" "$result" >>"$report"
done < <(targets)
cat "$report"
[ -n "$word" ] || vulnerabilities || failed=1
exit $failed
