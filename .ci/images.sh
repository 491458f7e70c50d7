#!/usr/bin/env bash
# Container engine, the images that the platform pins and the platform's own, built from this checkout. Nothing is done twice:
# an engine that answers is used, an image that is there stays, an own image comes from the build cache.
# The engine stays up for the suites after it, which reach it by: eval "$(../shared/engine/engine env)"
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

engine_up
"$engine" images
eval "$("$engine" env)"
npm run --silent images

# Both own images start as their account, on a read-only root, and carry the program that they are for.
image() {
  node -r ./local/register.js -p "require('./src/images').resolveImages('').$1.reference"
}
start() {
  docker run --rm --network none --read-only --cap-drop ALL "$@"
}
start "$(image postgres)" postgres --version
start "$(image simulator)" --help >/dev/null
