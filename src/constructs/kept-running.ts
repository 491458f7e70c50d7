/**
 * Told to end, it tells the program until that has ended: one that has just begun may not hear it yet. A program that was not told
 * is begun again, after a second, so that one that cannot run does not take the processor. It knows the program as `$!`,
 * which the shell sets with the start itself: a variable of our own would be set too late for a TERM in between. Kubernetes would replace
 * `$(…)` in it.
 */
const SCRIPT = `trap 'while kill "$!" 2>/dev/null; do sleep 0.1; done; exit 0' TERM
while true; do
  "$@" &
  wait "$!"
  echo "ERROR: $* has ended with exit code $? and is started again" >&2
  sleep 1
done
`;

/**
 * A command that begins the given one again whenever it ends. For a container that others of its pod must not suffer from: as long as
 * one of them does not run, the pod is not ready, and the kubelet takes up to 5 minutes to start it again.
 */
export const keptRunning = (command: readonly string[]): string[] => ['sh', '-c', SCRIPT, 'kept-running', ...command];
