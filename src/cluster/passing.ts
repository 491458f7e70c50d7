/** What a server says that is overloaded, starts or is replaced. Refusals (Invalid, Forbidden, Conflict, …) are none of these. */
const PASSING =
  /\((InternalError|ServerTimeout|Timeout|TooManyRequests|ServiceUnavailable)\)|connection refused|connection reset|was refused - did you specify|unexpected EOF|TLS handshake timeout|i\/o timeout|no route to host|context deadline exceeded|etcdserver: /;

/**
 * Whether a call failed for a reason that passes by itself, and for no other.
 * @param complaints standard error of kubectl
 */
export function isPassing(complaints: string): boolean {
  const errors = complaints.split('\n').filter((line) => /error|unable to connect|was refused/i.test(line));
  return errors.length > 0 && errors.every((line) => PASSING.test(line));
}
