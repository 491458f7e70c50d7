#!/usr/bin/env bash
# Runs the tests of the DAGs under the locked Airflow; installs it into .venv first where that is missing or of another lock.
# Arguments go to pytest, with paths relative to this folder; --full adds the long tests, --record keeps their figures.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! cmp -s dags/requirements.lock .venv/requirements.lock; then
  for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      python=$candidate
      break
    fi
  done
  if [[ -z ${python:-} ]]; then
    echo "no Python of version 3.10 to 3.13 was found; python3 is $(python3 --version 2>&1 || true)" >&2
    exit 1
  fi
  echo "installing Airflow into .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --requirement dags/requirements.lock
  cp dags/requirements.lock .venv/requirements.lock
fi
cd test/dags
exec ../../.venv/bin/python -m pytest "$@"
