#!/usr/bin/env bash
# Starts the local run from nothing, lets it live for a while and checks its summary.
set -euo pipefail
cd "$(dirname "$0")/.."
summary=$(mktemp)
trap 'rm -f "$summary"' EXIT
npm start --silent -- --for "${1:-30s}" --json --fresh --yes >"$summary"
node .ci/check-summary.js "$summary"
