/** How long something computes, in milliseconds: other than on the clock, what other processes do is not in it. */
export function cpuTimeMs(compute: () => void): number {
  const before = process.threadCpuUsage();
  compute();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
