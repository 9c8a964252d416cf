#!/usr/bin/env bash
# Floods a chat of its own on loopback, and says whether honest visitors noticed.
#
#   ./scripts/flood.sh                                         10,000 connections, 100,000 frames, 100 honest
#   ./scripts/flood.sh --connections 1000 --frames 10000       less (see conformance/flood)
#   ./scripts/flood.sh --edge                                  500 connections, 5,000 frames, 100 honest, on
#                                                              Cloudflare's runtime on this machine
#
# The stand-in for Discord, the server and the flood are processes of their own.
# The server has its default limits, but for the messages a minute of the honest.
set -euo pipefail
cd "$(dirname "$0")/.."

edge=
if [ "${1-}" = --edge ]; then
  [ -n "${CONFORMANCE_EDGE-}" ] || exec ./scripts/edge-up.sh "$0" "$@"
  edge=1
  shift
fi

ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
if [ "$(ulimit -n)" != unlimited ] && [ "$(ulimit -n)" -lt 11000 ]; then
  echo "flood.sh: at most $(ulimit -n) files may be open here; 10,000 connections need 11,000: some will be refused" >&2
fi

dir=$(mktemp -d)
pids=()
# shellcheck disable=SC2329
finish() {
  for p in "${pids[@]}"; do kill "$p" 2>/dev/null || true; done
  for p in "${pids[@]}"; do wait "$p" 2>/dev/null || true; done
  # At the edge the runtime is ended by edge-up.sh, and may write until then.
  rm -rf "$dir" 2>/dev/null || true
}
trap finish EXIT

go build -o "$dir/cloudflare-chat" ./cmd/cloudflare-chat
go build -o "$dir/flood" ./conformance/flood

# until FILE PATTERN – waits for a line, and prints it.
until_says() {
  for _ in $(seq 300); do
    if grep -m1 -E "$2" "$1" 2>/dev/null; then return 0; fi
    read -rt 0.1 <> <(:) || true
  done
  echo "flood.sh: it did not start:" >&2
  cat "$1" >&2
  return 1
}

"$dir/cloudflare-chat" demo --addr 127.0.0.1:0 --discord-addr 127.0.0.1:0 >"$dir/discord.out" 2>&1 &
pids+=($!)
ready=$(until_says "$dir/discord.out" '^ready page=')
discord=$(sed -E 's/.*discord=([^ ]+).*/\1/' <<<"$ready")
channel=$(sed -E 's/.*channel=([^ ]+).*/\1/' <<<"$ready")


if [ -n "$edge" ]; then
  settings=$(printf '{"DISCORD_BOT_TOKEN":"of-the-flood","DISCORD_SUPPORT_CHANNEL_ID":"%s","DISCORD_API_URL":"%s/api","MESSAGES_PER_MINUTE":"120","GATEWAY":"off"}' "$channel" "$discord")
  address=$(curl -fsS "$CONFORMANCE_EDGE/start" -d "{\"listen\":\"127.0.0.1:0\",\"data\":\"$dir/data\",\"settings\":$settings}" | sed -E 's|.*http://([^"]*)".*|\1|')
  server=$(pgrep -P "$(pgrep -P "$PPID" -f workers/hosts.mjs | head -1)" workerd | head -1 || true)
  # A runtime on a laptop is no network of data centres: the honest speak less often.
  "$dir/flood" --chat "$address" --pid "${server:-0}" --connections 500 --frames 5000 --every 5s "$@"
  exit
fi

DISCORD_BOT_TOKEN=of-the-flood DISCORD_SUPPORT_CHANNEL_ID=$channel DISCORD_API_URL=$discord/api MESSAGES_PER_MINUTE=120 LOG_LEVEL=error \
  "$dir/cloudflare-chat" serve --listen-address 127.0.0.1:0 --data-dir "$dir/data" >"$dir/serve.out" 2>&1 &
server=$!
pids+=($server)
address=$(until_says "$dir/serve.out" '^The chat is ready at' | sed -E 's|.*http://||')

"$dir/flood" --chat "$address" --pid $server "$@"
