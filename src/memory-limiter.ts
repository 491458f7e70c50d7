/** When the log collector holds back, for a container that may use so much memory. */
export const memoryLimiter = (mebibytes: number): object => ({
  check_interval: '1s',
  limit_mib: Math.floor(mebibytes * 0.8),
  spike_limit_mib: Math.floor(mebibytes * 0.2),
});
