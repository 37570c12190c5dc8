// Oracle: the interpreter, which holds no register in a local and remembers no flags: loops of vector and integer instructions must
// leave the same processor and memory in both bindings.
import { expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { fullModel } from '../random/full-model.ts'
import { FlatMachine, differences, snapshot } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { type Form, forms } from '../oracle-sse/forms.ts'
import { Random } from '../random/random.ts'

const codeAt = 0x1000
const dataAt = 0x4000
const [ESI, EDI] = [6, 7]
/** Approximations and waits aside, all forms; those that move EDI or the loop's counter do not exist. */
const usable = forms.filter(({ name }) => !name.startsWith('emms'))

/** Register fields are random, but ESP, EBP, ESI and EDI, and so registers 4 to 7, are left out of both. */
function vectorInstruction(random: Random, form: Form): number[] {
  const reg = form.digit === 1 ? random.below(4) : form.digit
  const operand = form.memory ? [0x40 | (reg << 3) | EDI, 16 * random.below(8)] : [0xc0 | (reg << 3) | random.below(4)]
  return [...form.opcode, ...operand, ...(form.immediate ? [random.byte()] : [])]
}

/** Integer instructions on EAX, ECX, EDX and EBX that set or use flags. */
function integerInstruction(random: Random): number[] {
  const registers = 0xc0 | (random.below(4) << 3) | random.below(4)
  return random.pick([
    [random.pick([0x01, 0x29, 0x11, 0x19, 0x31, 0x39]), registers],
    [0x0f, 0x40 | random.below(16), registers],
    [0x40 | random.below(4)],
  ])
}

function program(random: Random): number[] {
  const body: number[] = []
  for (let i = 0; i < 24; i++) {
    body.push(...(random.chance(0.7) ? vectorInstruction(random, random.pick(usable)) : integerInstruction(random)))
  }
  // DEC ESI; JNZ back to the body; HLT
  const back = -(body.length + 7)
  return [...body, 0x4e, 0x0f, 0x85, ...[0, 8, 16, 24].map((shift) => (back >> shift) & 0xff), 0xf4]
}

function run(mode: EngineMode, seed: number): { seen: Record<string, number>; memory: Uint8Array; translated: number } {
  const random = new Random(seed)
  const machine = new FlatMachine({ mode, ramBytes: 0x8000, model: fullModel() })
  const { state, ram, vcpu, engine } = machine
  machine.start({ eip: codeAt, cr0: 0x31 })
  state.set(Layout.cr4, 0x600)
  vcpu.system.refresh()
  state.set(Layout.idtrLimit, 0)
  state.set(Layout.mxcsr, random.pick([0x1f80, 0x1fa0, 0x7fa0, 0x9fc0, 0x1e80]))
  for (let i = 0; i < 4; i++) state.setGpr(i, random.interesting())
  for (let i = 0; i < 64; i++) state.set(Layout.vector + 4 * i, random.interesting())
  for (let i = 0; i < 256; i += 4) machine.write32(dataAt + i, random.interesting())
  state.setGpr(ESI, 6)
  state.setGpr(EDI, dataAt)
  machine.write(codeAt, program(random))
  machine.run(1000)
  return {
    seen: snapshot(state),
    memory: ram.slice(dataAt, dataAt + 256),
    translated: engine.statistics.translatedInstructions,
  }
}

it('programs of vector instructions end alike in both bindings', () => {
  let translated = 0
  for (let seed = 1; seed <= 150; seed++) {
    const [one, other] = [run('interpreter', seed), run('translator', seed)]
    expect(differences(one.seen, other.seen), `seed ${seed}`).toEqual([])
    expect(one.memory, `seed ${seed}`).toEqual(other.memory)
    translated += other.translated
  }
  expect(translated).toBeGreaterThan(1000)
})
