#!/usr/bin/env bash
# What is rendered from sources and committed must equal what the sources render now.
set -euo pipefail
cd "$(dirname "$0")/.."
npm run synth
npm run dashboards
git diff --exit-code -- dist dashboards
[ -z "$(git status --porcelain -- dist dashboards)" ] || { git status --short -- dist dashboards; exit 1; }
