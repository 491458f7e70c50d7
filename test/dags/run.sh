#!/usr/bin/env bash
# Runs the tests of the DAGs under the locked Airflow; installs it into .venv first where that is missing or of another lock.
# Arguments go to pytest, with paths relative to this folder; --full adds the long tests, --record keeps their figures.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! cmp -s dags/requirements.lock .venv/requirements.lock; then
  python=$(bash test/dags/python.sh)
  echo "installing Airflow into .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
  .venv/bin/python -m pip install --quiet --requirement dags/requirements.lock
  cp dags/requirements.lock .venv/requirements.lock
fi
cd test/dags
exec ../../.venv/bin/python -m pytest "$@"
