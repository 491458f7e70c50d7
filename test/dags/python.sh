#!/usr/bin/env bash
# Prints a Python that the locked Airflow supports and that can make a virtual environment; fails where there is none.
set -uo pipefail
for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
  if "$candidate" -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    command -v "$candidate"
    exit 0
  fi
done
echo "no Python of version 3.10 to 3.13 with venv was found (Debian and Ubuntu: apt-get install python3-venv); python3 is $(python3 --version 2>&1 || true)" >&2
exit 1
