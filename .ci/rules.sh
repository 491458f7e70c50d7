#!/usr/bin/env bash
# Rules, their unit tests and the configuration of Alertmanager, by promtool and amtool in their images; then everything that watches the platform
# started as it is rendered for both environments, and lines read by the collector and kept by Loki.
# --full: Loki's retention, which takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

[ "${1:-}" != --full ] || export EDTECH_FULL=true
engine_up
"$engine" images prometheus alertmanager loki otel-collector node-exporter postgres-exporter
eval "$("$engine" env)"
check_label rules
npm run test:rules
