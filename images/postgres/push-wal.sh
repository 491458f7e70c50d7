#!/bin/bash
# Part of a member's archive_command: edtech-push-wal COMMAND... SEGMENT, where COMMAND is pgbackrest --stanza=STANZA archive-push
# Runs COMMAND... SEGMENT. Exit code: that of the command, or 1 where the repository counts as away.
#
# A server that has become the primary archives the history file of its timeline first. What it has received of earlier timelines it
# counts as archived, although the former primary may have kept it waiting for the repository, and archives nothing any more. So what is
# still there and not in the repository is marked to be archived, and the server keeps it until it is: all of it where the repository
# does not answer, since it accepts what it has a second time if it is the same.
# The segment in which a timeline ended is not: each member has it with another tail, the former primary may have archived its own
# version, and the server would try for ever. The next timeline begins with the same segment.
#
# After a crash Patroni tries every segment that waits, one after the other, before the member may come back: each one takes 5 s where
# the repository is away and a minute where it is frozen, and after ten hours there are 600. So once a segment was refused, all others are
# for a while, at once: the archive ends at the first one that it lacks, so they would gain nothing. All 600 are refused within that while,
# and it is over when the server's archiver comes back after the minute that it waits between its tries: it may come with another file, an
# older one that was offered, and a repository that is back must not wait for it twice.
# The segment itself may be tried again at any time.
set -u
away_seconds=20
list_seconds=10
mark=${TMPDIR:-/tmp}/edtech-push-refused
path=${!#}
segment=${path##*/}
wal=${path%/*}
# COMMAND without its verb.
pgbackrest=("${@:1:$#-2}")
stanza=
for word in "${pgbackrest[@]}"; do [[ $word == --stanza=* ]] && stanza=${word#--stanza=}; done

# Names in $wal that are counted as archived and lie on the way to the timeline of history file $1.
# Segments have 16 MB: their number is the position without its last 24 bits, and the name holds it as two numbers of 8 digits, the second
# one below 256.
received() {
  local timeline position first second name
  # A line per earlier timeline: its number, the position at which it ended, and why.
  while read -r timeline position _; do
    [[ $timeline =~ ^[0-9]+$ && $position =~ ^([0-9A-F]+)/([0-9A-F]+)$ ]] || continue
    first=${BASH_REMATCH[1]} second=${BASH_REMATCH[2]}
    printf -v timeline %08X "$timeline"
    for name in "$timeline.history" "$wal/$timeline"*; do
      name=${name##*/}
      [[ -e $wal/archive_status/$name.done ]] || continue
      if [[ $name =~ ^[0-9A-F]{24}$ ]]; then
        ((((16#${name:8:8} << 8) | 16#${name:16:8}) < (((16#$first << 32) | 16#$second) >> 24))) || continue
      elif [[ $name != "$timeline.history" ]]; then
        continue
      fi
      echo "$name"
    done
  done <"$1"
}

listing() {
  timeout "$list_seconds" "${pgbackrest[@]}" repo-ls "archive/$stanza$1"
}
# Names of history files that the repository holds, and of segments in the folders of the given ones; none where it does not answer.
held() {
  local folder id
  # After an upgrade there are several, such as 17-1 and 18-2: the last one is the server's.
  id=$(listing '' | grep --extended-regexp '^[0-9]+-[0-9]+$' | sort --field-separator=- --key=2n | tail --lines=1)
  [[ -n $id ]] || return
  listing "/$id" | grep '\.history$'
  for folder in $(printf '%s\n' "$@" | grep --only-matching --extended-regexp '^[0-9A-F]{16}' | sort --unique); do
    listing "/$id/$folder" | sed -nE 's/^([0-9A-F]{24})-.*/\1/p'
  done
}

offer_received() {
  local names name stored
  mapfile -t names < <(received "$path" | sort --unique)
  ((${#names[@]} == 0)) && return
  refused_lately || stored=$(held "${names[@]}")
  for name in "${names[@]}"; do
    [[ $'\n'${stored:-}$'\n' == *$'\n'$name$'\n'* ]] || mv "$wal/archive_status/$name.done" "$wal/archive_status/$name.ready"
  done
}

refused_lately() {
  [[ -e $mark ]] || return
  local age=$(($(date +%s) - $(stat --format=%Y "$mark")))
  # A clock that was set back makes it younger than new.
  ((age >= 0 && age < away_seconds))
}

[[ $segment =~ ^[0-9A-F]{8}\.history$ ]] && offer_received
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
