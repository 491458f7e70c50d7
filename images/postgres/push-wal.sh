#!/bin/bash
# Part of a member's archive_command: edtech-push-wal COMMAND... SEGMENT
# Runs COMMAND... SEGMENT. Exit code: that of the command, or 1 where the repository counts as away.
#
# After a crash Patroni tries every segment that waits, one after the other, before the member may come back: each one takes 5 s where
# the repository is away and a minute where it is frozen, and after ten hours there are 600. So once a segment was refused, all others are
# for a minute, at once: the archive ends at the first one that it lacks, so they would gain nothing.
# The segment itself may be tried again at any time: the server's archiver takes no other one until it is stored.
set -u
away_seconds=60
mark=${TMPDIR:-/tmp}/edtech-push-refused
path=${!#}
segment=${path##*/}

if [[ -e $mark ]] && (($(date +%s) - $(stat --format=%Y "$mark") < away_seconds)) && [[ $(<"$mark") != "$segment" ]]; then
  exit 1
fi
"$@"
status=$?
if ((status == 0)); then
  rm -f "$mark"
else
  echo "$segment" >"$mark"
fi
exit "$status"
