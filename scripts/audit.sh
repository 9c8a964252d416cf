#!/usr/bin/env bash
# Looks for known vulnerabilities in what this repository depends on:
#
#   ./scripts/audit.sh
#
# Go: govulncheck fails on what this code can reach. npm: `npm audit` fails on what
# is high or critical in a lock file; no package of these is shipped, they build
# and test. Where the data cannot be had it says so aloud and ends with 77, which
# scripts/test.sh counts as skipped and not as passed.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly govulncheck=golang.org/x/vuln/cmd/govulncheck@v1.9.0
say() { printf '%s\n' "audit.sh: $*"; }
found=0 unchecked=0

# not_checked WHAT OUTPUT – the last line of the output that says why.
not_checked() {
  unchecked=1
  say "NOT CHECKED for known vulnerabilities: $1: $(grep -v '^exit status' <<<"$2" | grep -m1 -iE 'no such host|refused|timeout|not found|not allowed|forbidden|cannot|error' | cut -c1-200)"
}

if said=$(timeout 500 go run "$govulncheck" ./... 2>&1); then
  say "Go: nothing is known that this code reaches"
elif grep -q '^Vulnerability #' <<<"$said"; then
  found=1
  printf '%s\n' "$said"
else
  not_checked "Go" "$said"
fi

while read -r lock; do
  folder=$(dirname "$lock")
  if ! command -v npm >/dev/null; then
    not_checked "$folder" "error: there is no npm"
    continue
  fi
  said=$(cd "$folder" && timeout 120 npm audit --audit-level=high 2>&1)
  status=$?
  if [ $status -eq 0 ]; then
    say "$folder: nothing high or critical is known"
  elif grep -qE '^[0-9]+ .*vulnerabilit' <<<"$said"; then
    found=1
    printf '%s\n' "$folder:" "$said"
  else
    not_checked "$folder" "$said"
  fi
done < <(find . -name package-lock.json -not -path '*/node_modules/*' | sort)

[ "$found" -eq 0 ] || exit 1
[ "$unchecked" -eq 0 ] || exit 77
