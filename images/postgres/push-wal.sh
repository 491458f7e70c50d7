#!/bin/bash
# Part of a member's archive_command: edtech-push-wal COMMAND... SEGMENT
# Runs COMMAND... SEGMENT. Exit code: that of the command, or 1 where the repository counts as away.
#
# A server that has become the primary archives the history file of its timeline first. What it has received of earlier timelines it
# counts as archived, although the former primary may have kept it waiting for the repository, and archives nothing any more. So all of it
# that is still there is marked to be archived, and kept until it is: what the repository has, it accepts a second time if it is the same.
# The segment in which a timeline ended is not: each member has it with another tail, the former primary may have archived its own
# version, and the server would try for ever. The next timeline begins with the same segment.
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

# Segments have 16 MB: their number is the position without its last 24 bits, and the name holds it as two numbers of 8 digits, the second
# one below 256.
offer_received() {
  local wal=${path%/*} timeline position first second name
  # A line per earlier timeline: its number, the position at which it ended, and why.
  while read -r timeline position _; do
    [[ $timeline =~ ^[0-9]+$ && $position =~ ^([0-9A-F]+)/([0-9A-F]+)$ ]] || continue
    first=${BASH_REMATCH[1]} second=${BASH_REMATCH[2]}
    printf -v timeline %08X "$timeline"
    offer "$wal" "$timeline.history"
    for name in "$wal/$timeline"*; do
      name=${name##*/}
      [[ $name =~ ^[0-9A-F]{24}$ ]] || continue
      ((((16#${name:8:8} << 8) | 16#${name:16:8}) < (((16#$first << 32) | 16#$second) >> 24))) && offer "$wal" "$name"
    done
  done <"$path"
}
offer() {
  local counted=$1/archive_status/$2.done
  [[ ! -e $counted ]] || mv "$counted" "${counted%done}ready"
}
[[ $segment =~ ^[0-9A-F]{8}\.history$ ]] && offer_received

refused_lately() {
  [[ -e $mark ]] || return
  local age=$(($(date +%s) - $(stat --format=%Y "$mark")))
  # A clock that was set back makes it younger than new.
  ((age >= 0 && age < away_seconds))
}
if refused_lately && [[ $(<"$mark") != "$segment" ]]; then
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
