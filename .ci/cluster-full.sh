#!/usr/bin/env bash
# Suites on a real cluster that take too long for .ci/run, each on a cluster of its own: bash .ci/cluster-full.sh SUITE...
# With EDTECH_RECORD=calm or busy the figures also go to docs/measurements/cluster.json.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/cluster.sh

previous=
for name in "${@:-none}"; do
  case $name in
    backup | restore) CLUSTER_NODE_MEMORY=4096 fresh_cluster 1 ;;
    autoscaling | changes) fresh_cluster 3 ;;
    development | first-start) CLUSTER_NODE_MEMORY=4096 fresh_cluster 1 ;;
    # Goes on with the platform of `development` where that ran just before.
    network) [[ $previous == development ]] || CLUSTER_NODE_MEMORY=4096 fresh_cluster 1 ;;
    # What watches the platform, faults that somebody must be told of, and an hour in which nobody may be. They go on with the platform
    # of one another.
    observe | alerts | quiet) [[ $previous =~ ^(observe|alerts|quiet)$ ]] || CLUSTER_NODE_MEMORY=4096 fresh_cluster 1 ;;
    restore-members)
      fresh_cluster 4
      kubectl cordon "$(kubectl get nodes --output=name | sort | head -n 1)"
      ;;
    *)
      echo "no suite $name; there are: alerts, autoscaling, backup, changes, development, first-start, network, observe, quiet, restore, restore-members" >&2
      exit 2
      ;;
  esac
  # The cluster goes away at the end, and the platform with it.
  EDTECH_KEEP=true suite "$name"
  previous=$name
done
