#!/usr/bin/env bash
# The rendered chart of Grafana given to the image of Grafana, with PostgreSQL, Prometheus, Loki and Airflow's tables behind it.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/engine.sh

engine_up
"$engine" images grafana-check postgres-17 prometheus loki airflow-3.3
eval "$("$engine" env)"
check_label grafana
npm run test:grafana
