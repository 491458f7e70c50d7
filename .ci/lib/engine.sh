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
