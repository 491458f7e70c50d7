#!/usr/bin/env bash
# Suites on a real cluster that take too long for .ci/run, each on a cluster of its own: bash .ci/cluster-full.sh SUITE...
# With EDTECH_RECORD=calm or busy the figures also go to docs/measurements/cluster.json.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/cluster.sh

for name in "${@:-none}"; do
  case $name in
    autoscaling) fresh_cluster 3 ;;
    *)
      echo "no suite $name; there are: autoscaling" >&2
      exit 2
      ;;
  esac
  suite "$name"
done
