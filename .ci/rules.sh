#!/usr/bin/env bash
# Rules, their unit tests and the configuration of Alertmanager, by promtool and amtool in their images; then everything that watches the platform
# started as it is rendered for both environments, and lines read by the collector and kept by Loki. Containers are found by their label and
# removed, also when the run is stopped. --full: Loki's retention, which takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

[ "${1:-}" != --full ] || export EDTECH_FULL=true
engine_up
"$engine" images prometheus alertmanager loki otel-collector node-exporter postgres-exporter
eval "$("$engine" env)"

export EDTECH_CHECK_LABEL=edtech-rules-check-$$
cleanup() {
  docker ps --all --quiet --filter "label=$EDTECH_CHECK_LABEL" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker volume ls --quiet --filter "label=$EDTECH_CHECK_LABEL" | xargs --no-run-if-empty docker volume rm --force >/dev/null
  docker network ls --quiet --filter "label=$EDTECH_CHECK_LABEL" | xargs --no-run-if-empty docker network rm >/dev/null
}
trap cleanup EXIT
trap 'exit 143' TERM INT
npm run test:rules
