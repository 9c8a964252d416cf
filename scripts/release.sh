#!/usr/bin/env bash
# Builds what a release consists of:
#
#   ./scripts/release.sh VERSION [FOLDER]    FOLDER is dist unless given
#
# An archive with the binary for each platform, its list of parts (SBOM,
# CycloneDX), and the checksums of all of them. With the same Go a commit gives
# the same archives, whoever builds.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" && exit 2; }
version=$1 out=${2:-dist}
readonly platforms=(linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64)
readonly sbom_version=v1.9.0
tools=$PWD/bin/tools

say() { printf '%s\n' "release.sh: $*"; }

sbom=$tools/cyclonedx-gomod-$sbom_version
if [ ! -x "$sbom" ]; then
  say "building cyclonedx-gomod $sbom_version"
  GOBIN=$tools go install "github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@$sbom_version"
  mv "$tools/cyclonedx-gomod" "$sbom"
fi

mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The archives carry the commit's time and no owner, so that they are the same.
time=$(git log -1 --format=%ct 2>/dev/null || echo 0)
for platform in "${platforms[@]}"; do
  os=${platform%/*} arch=${platform#*/}
  name=cloudflare-chat_${version}_${os}_$arch
  binary=cloudflare-chat
  [ "$os" != windows ] || binary=cloudflare-chat.exe
  mkdir "$work/$name"
  GOOS=$os GOARCH=$arch ./scripts/build.sh "$work/$name/$binary" "$version"
  # With what the documents tell people to install: who downloads it has no clone.
  mkdir "$work/$name/deploy"
  cp -r LICENSE README.md docs examples "$work/$name/"
  cp -r deploy/systemd deploy/proxy deploy/prometheus deploy/grafana "$work/$name/deploy/"
  find "$work/$name" -name '*.go' -delete
  find "$work/$name" -exec touch -d "@$time" {} +
  if [ "$os" = windows ]; then
    (cd "$work" && find "$name" -type f | LC_ALL=C sort | TZ=UTC zip -q -X -@ "$out/$name.zip")
  else
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
  fi
  say "$name: $(wc -c <"$work/$name/$binary") bytes"
done
"$sbom" app -json -licenses -main cmd/cloudflare-chat -noserial -output "$out/cloudflare-chat_${version}_sbom.cdx.json" . 2>"$work/sbom.log" ||
  { cat "$work/sbom.log" && exit 1; }
(cd "$out" && sha256sum "cloudflare-chat_${version}_"* >"cloudflare-chat_${version}_checksums.txt")
say "$out/cloudflare-chat_${version}_checksums.txt"
