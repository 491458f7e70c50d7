#!/usr/bin/env bash
# The local run as root where nothing is open to others: a strict umask, a closed TMPDIR, and a copy of the checkout that was installed so.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 077
folder=$(mktemp -d)
# Where the data goes instead, as local/home.ts names it.
moved=/var/tmp/edtech-stream-$(printf %s "$folder/checkout" | sha256sum | cut -c 1-12)
trap 'rm -rf "$folder" "$moved"' EXIT
mkdir "$folder/tmp"
cp -r . "$folder/checkout"
rm -rf "$folder/checkout/.edtech"
chmod -R go= "$folder/checkout"
cd "$folder/checkout"
TMPDIR="$folder/tmp" bash .ci/local-run.sh "${1:-20s}"
[[ -d $moved/postgres ]] || { echo "the data is not in $moved"; exit 1; }
