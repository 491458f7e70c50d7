#!/usr/bin/env bash
# Production on a real cluster: from one apply on empty nodes to verified events and published analytics, then a fault of the database
# and one of a node.
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/lib/cluster.sh

# The first node is the clients' of the fault suite; members stand on the other three.
fresh_cluster 4
kubectl cordon "$(kubectl get nodes --output=name | sort | head -n 1)"
EDTECH_KEEP=true suite production
npm run --silent test:faults -- --keep --only primary-node-killed
