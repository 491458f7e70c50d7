#!/usr/bin/env bash
# The rendered chart of Grafana given to the image of Grafana, with PostgreSQL, Prometheus, Loki and Airflow's tables behind it.
# Containers are found by their label and removed, also when the run is stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

engine_up
"$engine" images grafana-check postgres-17 prometheus loki airflow-3.3
eval "$("$engine" env)"

export EDTECH_CHECK_LABEL=edtech-grafana-check-$$
cleanup() {
  docker ps --all --quiet --filter "label=$EDTECH_CHECK_LABEL" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker network ls --quiet --filter "label=$EDTECH_CHECK_LABEL" | xargs --no-run-if-empty docker network rm >/dev/null
}
trap cleanup EXIT
trap 'exit 143' TERM INT
npm run test:grafana
