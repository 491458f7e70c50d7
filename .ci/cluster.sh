#!/usr/bin/env bash
# Production on a real cluster: from one apply on empty nodes to verified events and published analytics, a fault of the database,
# three faults that somebody must be told of, then the primary's pod deleted and its node without power under a client that counts.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/cluster.sh

# The first node is the clients' of the fault suite; members stand on the other three.
fresh_cluster 4
kubectl cordon "$(kubectl get nodes --output=name | sort | head -n 1)"
export EDTECH_KEEP=true
suite production
suite alerts-core
npm run --silent test:faults -- --keep
