#!/bin/bash
# Starts Patroni for a member: edtech-start-member DATA_DIRECTORY
#
# pg_basebackup and pgbackrest restore write global/pg_control last. One that was killed on its way (a node without power, no memory left)
# leaves a directory without it: no server starts there, and Patroni 4.0.7 takes it neither for empty nor for a database (`data dir for the
# cluster is not empty, but system ID is invalid`), for ever. So what is known as unfinished is taken away: it has the mark of a copy, or
# nothing at all in global, where an initdb writes pg_control first. A database that has lost its pg_control has neither sign, and stays for
# somebody to look at.
set -euo pipefail
data=$1
unfinished() {
  [[ -e $data/backup_label || -e $data/backup.manifest || -z $(ls -A "$data/global" 2>/dev/null) ]]
}

if [[ -n $(ls -A "$data" 2>/dev/null) && ! -e $data/global/pg_control ]] && unfinished; then
  echo "start-member: what is in $data was not finished and is taken away"
  find "$data" -mindepth 1 -delete
fi
# In its place, so that SIGTERM lets Patroni stop PostgreSQL and release the leader lock.
exec patroni /etc/patroni
