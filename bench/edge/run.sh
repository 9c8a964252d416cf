#!/usr/bin/env bash
# Starts a chat, a bare object and a stand-in for Discord, and measures. Started by
# scripts/bench.sh edge.
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=$(mktemp -d)
go build -o "$dir/cloudflare-chat" ./cmd/cloudflare-chat
go build -o "$dir/edge" ./bench/edge
"$dir/cloudflare-chat" demo --chat http://127.0.0.1:1 --addr 127.0.0.1:0 --discord-addr 127.0.0.1:0 >"$dir/discord" 2>&1 &
around=$!
trap 'kill "$around" 2>/dev/null || true; wait; rm -rf "$dir"' EXIT
for _ in $(seq 100); do
  ready=$(grep -m1 '^ready ' "$dir/discord") && break
  sleep 0.1
done
discord=$(sed -E 's/.*discord=([^ ]+).*/\1/' <<<"$ready") channel=$(sed -E 's/.*channel=([^ ]+).*/\1/' <<<"$ready")
settings=$(printf '{"DISCORD_BOT_TOKEN":"demo-token","DISCORD_SUPPORT_CHANNEL_ID":"%s","DISCORD_API_URL":"%s/api","MESSAGES_PER_MINUTE":"1000000","NEW_SESSIONS_PER_IP_HOUR":"1000000","GATEWAY":"off","ALLOWED_ORIGINS":"*"}' "$channel" "$discord")
of() { curl -fsS "$CONFORMANCE_EDGE/$1" -d "$2" | sed -E 's|.*(http://[^"]*)".*|\1|'; }
chat=$(of start "{\"listen\":\"127.0.0.1:0\",\"data\":\"$dir/data\",\"settings\":$settings}")
bare=$(of bare "{\"data\":\"$dir/data\"}")
"$dir/edge" -chat "$chat" -bare "$bare" "$@"
