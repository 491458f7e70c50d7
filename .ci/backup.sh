#!/usr/bin/env bash
# Backups with real pgBackRest, in containers of the platform's own PostgreSQL image.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

engine_up
eval "$("$engine" env)"
npm run --silent images -- postgres
check_label backup
npm run test:backup
