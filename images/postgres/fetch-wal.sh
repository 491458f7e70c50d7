#!/bin/bash
# restore_command of a member: edtech-fetch-wal STANZA FILE PATH
# Exit code 0: fetched; 1: not in the repository, or the repository is away.
#
# A standby has its WAL from the primary; the repository is where it looks when that ends, also on the way to become the primary and to
# follow a new one: about four files each time, one after the other. A repository that answers costs a tenth of a second each, one whose
# node is dead as long as it is waited for: pgBackRest tries to connect three times, so one connection is tried before it does. And nobody
# waits twice: a repository that has not answered counts as away for a minute. The first to find that out is the end of the connection
# to a dead primary, before there is a new one.
# For a restore this is too impatient: the server takes what can't be fetched for the end of the archive. A restore sets its own command.
set -u
connect_patience=1
patience=3
away_seconds=60
mark=/tmp/edtech-repository-away
settings=/etc/pgbackrest/pgbackrest.conf

setting() {
  sed -n "s/^$1=//p" "$settings"
}
away() {
  touch "$mark"
  echo "the repository does not answer ($1): it counts as away for $away_seconds s" >&2
  exit 1
}

if [[ -e $mark ]]; then
  age=$(($(date +%s) - $(stat --format=%Y "$mark")))
  # A clock that was set back makes it younger than new.
  ((age >= 0 && age < away_seconds)) && exit 1
fi
# A lost answer of a name server is asked for again after a second: it says nothing about the repository.
address=$(timeout "$patience" getent ahosts "$(setting repo1-host)" | awk 'NR == 1 { print $1 }')
[[ -n $address ]] || away "no address"
timeout "$connect_patience" bash -c '>"/dev/tcp/$0/$1"' "$address" "$(setting repo1-host-port)" 2>/dev/null ||
  away "no connection within $connect_patience s"
timeout "$patience" pgbackrest --stanza="$1" --io-timeout=1 archive-get "$2" "$3"
status=$?
# pgBackRest: 0 fetched, 1 not there.
((status > 1)) && away "exit code $status"
rm -f "$mark"
exit "$status"
