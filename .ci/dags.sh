#!/usr/bin/env bash
# The DAGs under a real Airflow: installs the locked version, runs the core of the tests and leaves neither process nor file behind.
# Arguments go to pytest: --full adds the long tests, --record keeps their figures, -k chooses.
set -uo pipefail
cd "$(dirname "$0")/.."
bash test/dags/python.sh >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; } || exit 1

TMPDIR=$(mktemp -d)
export TMPDIR EDTECH_DAG_TESTS=$TMPDIR
# The server of the tests runs as another account, which must be able to enter.
chmod 755 "$TMPDIR"
runner=''

# Whatever a test that was stopped has left: the servers by their pid files, all else by the mark in its environment.
cleanup() {
  local file pid
  for file in "$TMPDIR"/edtech-test-*/data/postmaster.pid; do
    [[ -e $file ]] && kill -QUIT "$(head -n 1 "$file")" 2>/dev/null
  done
  for pid in $(grep -lzsFx "EDTECH_DAG_TESTS=$TMPDIR" /proc/[0-9]*/environ | cut -d/ -f3); do
    [[ $pid != "$$" && $pid != "$BASHPID" ]] && kill -KILL "$pid" 2>/dev/null
  done
  rm -rf "$TMPDIR"
}
trap cleanup EXIT
trap '[[ -n $runner ]] && kill -TERM "$runner" && wait "$runner"; exit 143' TERM INT

bash test/dags/run.sh "$@" &
runner=$!
wait "$runner"
