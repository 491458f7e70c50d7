#!/usr/bin/env bash
# The development stack from a clean clone of what is committed here, on the engine and with the images of .ci/images.sh.
# --full: more random starts, the profiles metrics and logs, and what goes out and what memory is used in a quarter of an hour (docs/measurements/compose.json).
# Further arguments go to Jest. Takes everything down again, also on failure.
set -euo pipefail
cd "$(dirname "$0")/.."
suites=(stack.test)
if [ "${1:-}" = --full ]; then
  export EDTECH_FULL=true
  suites+=(profiles.test measurements.test)
  shift
fi
bash .ci/images.sh
eval "$(../shared/engine/engine env)"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT
git clone --quiet . "$work/edtech-stream"
export EDTECH_CHECKOUT=$work/edtech-stream
npx jest --config test/compose/stack/jest.config.js "${suites[@]}" "$@"
