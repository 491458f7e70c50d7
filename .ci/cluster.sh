#!/usr/bin/env bash
# Production on a real cluster: from one apply on empty nodes to verified events and published analytics, then a fault of the database
# and one of a node. Starts from an empty cluster and takes it down again, also on failure. Needs the images of .ci/images.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
tool=../shared/cluster/cluster
work=$(mktemp -d)
# The cluster's node grace is that of Kubernetes itself.
export CLUSTER_NODE_GRACE=50s CLUSTER_TOLERATION_SECONDS=300
# The tool keeps what it has started alive: it must not inherit the pipe that the caller reads to its end.
cluster() {
  "$tool" "$@" >"$work/cluster.log" 2>&1 </dev/null || {
    cat "$work/cluster.log"
    return 1
  }
}
cleanup() {
  cluster wipe --keep-images || echo 'the cluster could not be taken down'
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

eval "$(../shared/engine/engine env)"
cluster wipe --keep-images
# The first node is the clients' of the fault suite; members stand on the other three.
cluster up --nodes 4
image() {
  node -r ./local/register.js -p "require('./src/images').resolveImages('').$1.reference"
}
cluster load "$(image postgres)" "$(image simulator)" "$(image airflow)" "$(image grafana)"
eval "$("$tool" env)"
kubectl cordon "$(kubectl get nodes --output=name | sort | head -n 1)"

EDTECH_KEEP=true EDTECH_SECRETS=$work/secrets npm run --silent test:cluster
CLUSTER_TOOL=$tool npm run --silent test:faults -- --keep --only primary-node-killed
