#!/bin/bash
# Part of a member's archive_command: edtech-push-wal COMMAND... SEGMENT
# Runs COMMAND... SEGMENT. Exit code: that of the command, or 1 where the repository counts as away.
#
# A server that has become the primary archives the history file of its timeline first. What it has received of earlier timelines it
# counts as archived, although the former primary may have kept it waiting for the repository, and archives nothing any more. So all of it
# that is still there is marked to be archived, and kept until it is: what the repository has, it accepts a second time.
#
# After a crash Patroni tries every segment that waits, one after the other, before the member may come back: each one takes 5 s where
# the repository is away and a minute where it is frozen, and after ten hours there are 600. So once a segment was refused, all others are
# for a minute, at once: the archive ends at the first one that it lacks, so they would gain nothing.
# The segment itself may be tried again at any time: the server's archiver takes no other one until it is stored. Only a server that stops
# does not: it would stay for three tries more, and its successor waits for an answer of its Patroni meanwhile.
set -u
away_seconds=60
mark=${TMPDIR:-/tmp}/edtech-push-refused
path=${!#}
segment=${path##*/}

offer_received() {
  local wal=${path%/*} counted name
  for counted in "$wal"/archive_status/*.done; do
    name=$(basename "$counted" .done)
    [[ $name =~ ^[0-9A-F]{24}$ && -e $wal/$name ]] || continue
    ((16#${name:0:8} < 16#${segment%.history})) && mv "$counted" "${counted%done}ready"
  done
}
[[ $segment =~ ^[0-9A-F]{8}\.history$ ]] && offer_received

refused_lately() {
  [[ -e $mark ]] && (($(date +%s) - $(stat --format=%Y "$mark") < away_seconds))
}
server_stops() {
  grep --quiet --no-messages '^stopping' "${path%/*}/../postmaster.pid"
}
if refused_lately && { [[ $(<"$mark") != "$segment" ]] || server_stops; }; then
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
