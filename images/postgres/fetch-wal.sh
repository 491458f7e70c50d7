#!/bin/bash
# restore_command of a member: edtech-fetch-wal STANZA FILE PATH
# Exit code 0: fetched; 1: not in the repository, or the repository is away.
#
# A standby has its WAL from the primary; the repository is where it looks when that ends, also on the way to become the primary and to
# follow a new one: about four files each time, one after the other. A repository that answers costs a tenth of a second each, one whose
# node is dead as long as it is waited for. So nobody waits for it twice: once it has not answered it counts as away for a minute. The
# first to find that out is the end of the connection to a dead primary, before there is a new one.
# For a restore this is too impatient: the server takes what can't be fetched for the end of the archive. A restore sets its own command.
set -u
patience=3
away_seconds=60
mark=/tmp/edtech-repository-away

if [[ -e $mark ]] && (($(date +%s) - $(stat --format=%Y "$mark") < away_seconds)); then
  exit 1
fi
timeout "$patience" pgbackrest --stanza="$1" --io-timeout=1 archive-get "$2" "$3"
status=$?
# pgBackRest: 0 fetched, 1 not there.
if ((status > 1)); then
  touch "$mark"
  echo "the repository does not answer (exit code $status): it counts as away for $away_seconds s" >&2
  exit 1
fi
rm -f "$mark"
exit "$status"
