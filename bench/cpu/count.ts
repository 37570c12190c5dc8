/** How many instructions a turn of a loop retires: told by the engine's exact count. */
import { addableFeatures, cpuModel } from '@mica-vm/binary-translator'
import { FlatMachine } from '@mica-vm/binary-translator/testing'
import { codeOf, data, wordBytes, type Loop } from './loop.ts'

const codeAt = 0x1000
const dataAt = 0x2000
/** CR4: OSFXSR and OSXMMEXCPT. */
const vectorsOn = 0x600

/** Puts a loop of so many turns, and HLT, into `machine`. */
export function loopMachine(loop: Loop, machine: FlatMachine, turns: number): FlatMachine {
  const body = codeOf(loop.body)
  const setup = [...codeOf(['0f22e0 mov cr4,eax']), ...codeOf(loop.setup ?? [])]
  const at = codeAt - setup.length
  machine.write(at, [...setup, ...body, ...turnOf(body.length), 0xf4])
  machine.write(dataAt, data())
  machine.write32(dataAt + 0xf0, codeAt + 8)
  machine.start({ eip: at, registers: { eax: vectorsOn, ebp: turns, esi: dataAt, esp: 0x8000 } })
  return machine
}

/** DEC EBP; JNZ to the body that lies before. */
export const turnOf = (bodyBytes: number): number[] => [0x4d, 0x0f, 0x85, ...wordBytes(-(bodyBytes + 7))]

export function instructionsPerTurn(loop: Loop): number {
  const turns = 64
  const machine = loopMachine(
    loop,
    new FlatMachine({ mode: 'interpreter', model: cpuModel('x86-64-v2', addableFeatures) }),
    turns,
  )
  const before = machine.vcpu.retired
  machine.run(1_000_000)
  return Math.round((machine.vcpu.retired - before) / turns)
}
