import type { VmStatistics } from '../statistics.ts'

/** Statistics for a person, in a few lines. */
export function summary({
  instructions,
  tiers,
  time,
  exits,
  processor,
  exceptions,
  mmu,
  memory,
  engine,
}: VmStatistics): string {
  const millions = (n: number): string => `${(n / 1e6).toFixed(1)} M`
  const seconds = (ns: number): string => `${(ns / 1e9).toFixed(2)} s`
  const counts = (record: Readonly<Record<string, number>>): string =>
    Object.entries(record)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none'
  const speed = time.runNs > 0 ? ((instructions / time.runNs) * 1e3).toFixed(0) : '0'
  return [
    `instructions  ${millions(instructions)} (interpreted ${millions(tiers.interpreted)}, translated ${millions(tiers.translated)}), ${speed} M/s`,
    `time          guest ${seconds(time.guestNs)}, running ${seconds(time.runNs)}, idle ${seconds(time.idleNs)}`,
    `code          ${engine.units} units, ${engine.translatedRegions} regions translated, cache ${millions(engine.cacheBytes)}B`,
    `slices        ${counts(exits)}; interrupts ${processor.interrupts}`,
    `faults        hidden ${mmu.hiddenFaults}, true ${mmu.trueFaults}; exceptions by vector: ${counts(exceptions)}`,
    `shadow        refills ${mmu.refills}, recalls ${mmu.recalls}, traces of code ${mmu.traces}, of tables ${mmu.tableTraces}, CR3 loads ${mmu.nonGlobalFlushes}`,
    `memory        ${memory.resident} of ${memory.pages} pages resident`,
  ].join('\n')
}
