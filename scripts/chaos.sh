#!/usr/bin/env bash
# Kills the chat and the stand-in for Discord again and again while visitors and
# agents talk, and compares what each side saw with what was sent.
#
#   ./scripts/chaos.sh [KILLS [SEED]]      200 kills unless said otherwise
set -euo pipefail
cd "$(dirname "$0")/.."
exec go run ./bench/chaos -kills "${1:-200}" ${2:+-seed "$2"}
