#!/bin/sh
# Builds the widget's served files from widget/src and prints what they weigh. Fails when they are too heavy.
set -eu
cd "$(dirname "$0")/.."
exec go run ./widget/build/cmd
