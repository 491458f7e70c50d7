#!/usr/bin/env bash
# Rules, their unit tests and the configuration of Alertmanager, by promtool and amtool in their images.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

engine_up
"$engine" images prometheus alertmanager
eval "$("$engine" env)"
npm run test:rules
