# What suites on a real cluster share; sourced in the project's root. Needs the images of .ci/images.sh.
# The cluster is taken down again when the script ends, also on failure.
tool=../shared/cluster/cluster
work=$(mktemp -d)
# The cluster's node grace is that of Kubernetes itself.
export CLUSTER_NODE_GRACE=50s CLUSTER_TOLERATION_SECONDS=300 CLUSTER_TOOL=$tool EDTECH_SECRETS=$work/secrets

# The tool keeps what it has started alive: it must not inherit the pipe that the caller reads to its end.
cluster() {
  "$tool" "$@" >"$work/cluster.log" 2>&1 </dev/null || {
    cat "$work/cluster.log"
    return 1
  }
}
up=
cleanup() {
  [[ -z $up ]] || cluster wipe --keep-images || echo 'the cluster could not be taken down'
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

# fresh_cluster NODES: nothing on it but the images of this checkout, whatever an earlier run has left, killed ones included.
fresh_cluster() {
  local node images
  up=yes
  eval "$(../shared/engine/engine env)"
  cluster wipe --keep-images
  cluster up --nodes "$1"
  # A node keeps an image under its tag: the platform's own are built anew under the same one.
  for node in $(seq "$1"); do
    cluster node-exec "$node" bash -c \
      'ctr --namespace k8s.io images ls --quiet | grep edtech-stream/ | xargs --no-run-if-empty ctr --namespace k8s.io images rm'
  done
  # All that the rendered objects name.
  mapfile -t images < <(sed -nE 's/^ +(- )?image: (\S+)$/\2/p' dist/*/*.k8s.yaml | sort -u)
  cluster load "${images[@]}"
  eval "$("$tool" env)"
}

# suite NAME: the tests in test/cluster/NAME
suite() {
  EDTECH_CLUSTER_SUITE=$1 npm run --silent test:cluster
}
