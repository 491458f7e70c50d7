# The container engine, for the suites that need one; sourced in the project's root.
engine=../shared/engine/engine

# An engine that answers is used. One that was killed has left mounts, rules and bridges, which `down` takes away, and pid files:
# their numbers may be another program's by now, which the engine would wait for or even end.
engine_up() {
  local run=${EDTECH_ENGINE_RUN:-/run/edtech-engine} file program
  "$engine" status >/dev/null && return
  for file in "$run/dockerd.pid" "$run/exec/containerd/containerd.pid"; do
    program=$(basename "$file" .pid)
    [[ ! -e $file || $(readlink "/proc/$(cat "$file")/exe") == */"$program" ]] || rm "$file"
  done
  "$engine" down
  "$engine" up
  # Containers with a restart policy have started again: nothing may run beside the suites.
  (
    eval "$("$engine" env)"
    docker ps --quiet | xargs --no-run-if-empty docker stop --time 5
  )
}

# Suites that start containers give this label to all that they make; whatever is left of it is removed at the end, also when the run is stopped.
check_label() { # NAME
  export EDTECH_CHECK_LABEL=edtech-$1-check-$$
  trap remove_labelled EXIT
  trap 'exit 143' TERM INT
}

remove_labelled() {
  local of=(--quiet --filter "label=$EDTECH_CHECK_LABEL")
  docker ps --all "${of[@]}" | xargs --no-run-if-empty docker rm --force --volumes >/dev/null
  docker volume ls "${of[@]}" | xargs --no-run-if-empty docker volume rm --force >/dev/null
  docker network ls "${of[@]}" | xargs --no-run-if-empty docker network rm >/dev/null
}
