// Runs one program on several engines in steps and tells the first difference.
import { FlatMachine, differences, snapshot } from '../../src/testing/index.ts'
import { Layout } from '../../src/state/layout.ts'
import { mica32 } from '../../src/system/cpu-models.ts'
import type { CpuModel } from '../../src/system/types.ts'
import { Map_ } from './map.ts'
import { prepare, type Program } from './program.ts'
import { Random } from './random.ts'

/** The engines that are held against each other: interpreted, translated at once, translated region by region, some time after they became hot. */
export function makeMachines(model: CpuModel = mica32()): FlatMachine[] {
  const options = { ramBytes: Map_.ram, cacheBytes: 1 << 20, model }
  const machines = [
    new FlatMachine({ ...options, mode: 'interpreter' }),
    new FlatMachine({ ...options, mode: 'translator' }),
    new FlatMachine({ ...options, mode: 'auto', heat: 3, regionsPerModule: 4 }),
  ]
  for (const machine of machines) listen(machine)
  return machines
}

/** Devices interrupt, and ask the engine to return, depending on what the program writes. */
function listen(machine: FlatMachine): void {
  machine.io.onAccess = ({ kind, value }) => {
    if (kind !== 'write' && kind !== 'out') return
    if ((value & 7) === 3) machine.interrupt(0x20 + ((value >>> 3) & 15))
    if ((value & 31) === 5) machine.vcpu.requestExit()
  }
}

/** Budgets of one run. */
export const oddBudgets: readonly number[] = [1, 1, 2, 3, 7, 13, 50, 100, 100, 400]

export interface LockstepOptions {
  readonly budgets: readonly number[]
  readonly steps: number
}

function sameMemory(machines: readonly FlatMachine[]): string[] {
  const [first, ...others] = machines
  const found: string[] = []
  for (const other of others) {
    if (Buffer.compare(first!.ram, other.ram) === 0) continue
    const at = first!.ram.findIndex((byte, i) => byte !== other.ram[i])
    found.push(`memory at ${at.toString(16)}: ${first!.ram[at]!.toString(16)} / ${other.ram[at]!.toString(16)}`)
  }
  return found
}

function compare(machines: readonly FlatMachine[], exits: readonly number[]): string[] {
  const seen = machines.map((machine, i) => ({
    ...snapshot(machine.state),
    exit: exits[i]!,
    retired: machine.vcpu.retired,
    accesses: machine.io.log.length,
    interrupts: machine.vcpu.statistics.interrupts,
  }))
  const found = sameMemory(machines)
  for (let i = 1; i < seen.length; i++)
    found.push(...differences(seen[0]!, seen[i]!).map((text) => `engine ${i}: ${text}`))
  const logs = machines.map((machine) => JSON.stringify(machine.io.log))
  if (logs.some((log) => log !== logs[0]))
    found.push(`device accesses: ${logs.map((log) => log.slice(-400)).join('\n')}`)
  machines.forEach((machine, i) => {
    if (!machine.intact) found.push(`engine ${i}: a canary was overwritten`)
  })
  return found
}

/** Runs `program` step by step; the differences at the first stop that shows any. */
export function lockstep(
  machines: readonly FlatMachine[],
  program: Program,
  seed: number,
  { budgets, steps }: LockstepOptions,
): string[] {
  const random = new Random(seed ^ 0x5eed)
  for (const machine of machines) {
    prepare(machine, program)
    machine.vcpu.statistics.interrupts = 0
  }
  const starts = machines.map((machine) => machine.vcpu.retired)
  const trace: string[] = []
  for (let step = 0; step < steps; step++) {
    const budget = random.pick(budgets)
    const vector = random.chance(0.1) ? 0x20 + random.below(16) : -1
    const before = snapshot(machines[0]!.state)
    const exits = machines.map((machine, i) => {
      if (vector >= 0) machine.interrupt(vector)
      if (machine.state.get(Layout.halted) && machine.interrupts.pending) machine.state.eflags |= 0x200
      const exit = machine.run(budget)
      if (machine.vcpu.retired - starts[i]! < 0) throw new Error('the count of instructions ran backwards')
      return exit
    })
    trace.push(`${budget}@${before['eip']!.toString(16)}${vector >= 0 ? '!' : ''}`)
    const found = compareFrom(machines, exits, starts)
    if (found.length > 0)
      return [
        `step ${step}, budget ${budget}, from eip ${before['eip']!.toString(16)}`,
        trace.slice(-6).join(' '),
        ...found,
      ]
    if (exits[0] === 2) break
  }
  return []
}

function compareFrom(machines: readonly FlatMachine[], exits: readonly number[], starts: readonly number[]): string[] {
  const found = compare(machines, exits).filter((text) => !text.includes('retired: '))
  const retired = machines.map((machine, i) => machine.vcpu.retired - starts[i]!)
  if (retired.some((count) => count !== retired[0])) found.push(`retired: ${retired}`)
  return found
}
