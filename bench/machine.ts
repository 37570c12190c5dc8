/** On what a figure was measured: without it, a time means nothing. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  const load = (loadavg()[0] ?? 0).toFixed(1)
  return `${availableParallelism()} x ${model}, ${memory} GiB, Node ${process.version}, load ${load}`
}
