/** Processor time that this process has taken, all its threads, in nanoseconds. */
export function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}
