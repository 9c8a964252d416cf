#!/bin/sh
# The widget's tests: run.sh [unit|chromium|firefox|webkit|all]. Installs what they need where it is missing.
set -eu
cd "$(dirname "$0")"
what="${1:-all}"
[ -d node_modules ] || npm ci --no-audit --no-fund --loglevel=error

# need PROGRAM PACKAGE: installs a package when its program is missing.
need() {
  command -v "$1" >/dev/null 2>&1 && return
  echo "installing $2"
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get install -y -qq "$2" >/dev/null || { $sudo apt-get update -qq && $sudo apt-get install -y -qq "$2" >/dev/null; }
}

unit() {
  [ -x node_modules/.bin/tsc ] || npm ci --no-audit --no-fund --loglevel=error
  node_modules/.bin/tsc --project tsconfig.json
  node --test client.test.js format.test.js lang.test.js package.test.js ring.test.js transcript.test.js
}
chromium() { need chromium chromium; node --test --test-concurrency=1 conversation.test.js page.test.js trouble.test.js behaviour.test.js visitor.test.js access.test.js scale.test.js; }
firefox() { need firefox-esr firefox-esr; BROWSER=firefox node --test --test-concurrency=1 conversation.test.js; }
webkit() {
  need WebKitWebDriver webkit2gtk-driver
  need Xvfb xvfb
  need xvfb-run xvfb
  BROWSER=webkit xvfb-run -a node --test --test-concurrency=1 conversation.test.js
}

case "$what" in
  unit | chromium | firefox | webkit) "$what" ;;
  all) unit; chromium; firefox; webkit ;;
  *) echo "usage: run.sh [unit|chromium|firefox|webkit|all]" >&2; exit 2 ;;
esac
