#!/usr/bin/env bash
# The local run as an ordinary user: a copy of the checkout that belongs to "nobody", run as that account.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cp -r . "$folder/checkout"
rm -rf "$folder/checkout/.edtech"
mkdir "$folder/home"
chown -R nobody "$folder"
cd "$folder/checkout"
env HOME="$folder/home" TMPDIR="$folder/home" setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups bash .ci/local-run.sh "${1:-20s}"
