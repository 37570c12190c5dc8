import { decodeInto, facts, Instruction } from '@mica-vm/x86-decoder'
import type { InstructionFacts } from '@mica-vm/x86-decoder'
import { Host } from '../../src/index.ts'
import { Monitor } from './monitor.ts'
import { assembleProgram, imageAddress } from './programs.ts'
import type { Assembled, Program } from './programs.ts'

const mib = 2 ** 20

export interface Result {
  readonly program: Program
  /** What the table says of the instruction in question. */
  readonly facts: InstructionFacts
  readonly deprivileged: number
  /** Instructions that trapped, and were emulated. */
  readonly emulated: number
  readonly translated: number
}

/** The same image, as the guest of a Mica machine: its kernel is in ring 0. */
async function translated({ image }: Assembled): Promise<number> {
  const host = new Host({ memory: 8 * mib, translationCache: 4 * mib, engine: 'translator' })
  const exit = await host.createVm({ memory: 2 * mib, cpu: 'x86-64-v2', boot: { kernel: image } }).run()
  if (exit.reason !== 'debug-exit') throw new Error(`the guest ended by ${exit.reason}`)
  return exit.value
}

function factsAt({ image, it }: Assembled): InstructionFacts {
  const instruction = new Instruction()
  decodeInto(image, it - imageAddress, image.length, 32, instruction)
  return facts(instruction.code)
}

/** Runs a program both ways. */
export async function resultOf(program: Program): Promise<Result> {
  const assembled = assembleProgram(program)
  const monitor = new Monitor()
  const deprivileged = monitor.run(assembled)
  const { emulated } = monitor
  return { program, facts: factsAt(assembled), deprivileged, emulated, translated: await translated(assembled) }
}
