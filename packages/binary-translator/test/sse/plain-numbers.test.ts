// Oracle: the interpreter, which remembers nothing about numbers: what translated code has learned of a register in one instruction - that it
// is finite and not denormal - has to be so in the next one, or no short way may be taken. Numbers here are mostly at the borders of that.
import { expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { FlatMachine, differences, snapshot } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { type Form, forms } from '../oracle-sse/forms.ts'
import { fullModel } from '../random/full-model.ts'
import { Random } from '../random/random.ts'

const codeAt = 0x1000
const dataAt = 0x4000
const dataBytes = 512
const [ESI, EDI] = [6, 7]

const numbers =
  /^(v?(add|sub|mul|div|sqrt|min|max|cmp|u?comis|haddp|addsubp)|cvt|movs[sd]|mova?p|movu|movq|movd|shufp|andn?p|xorp)/
const usable = forms.filter(({ name }) => numbers.test(name))
const scalarStems = /^(add|sub|mul|div|sqrt|ucomi)s[sd]/
const scalars = usable.filter(({ name }) => scalarStems.test(name))

/** Doubles and singles whose sums, products, quotients and roots are denormal, huge, exact or none of these. */
const doubles = [
  1,
  3.9,
  0.1,
  -2.5,
  1e-160,
  1e160,
  2 ** -1022,
  2 ** -1021,
  2 ** -1030,
  Number.MAX_VALUE,
  0,
  -0,
  Infinity,
  NaN,
  2 ** 31,
]
const singles = [1, 3.9, 0.1, -2.5, 1e-20, 1e20, 2 ** -126, 2 ** -125, 2 ** -130, 3.4e38, 0, -0, Infinity, NaN, 2 ** 31]

function putNumbers(random: Random, view: DataView, at: number, bytes: number): void {
  const wide = random.chance(0.7)
  for (let i = 0; i < bytes; i += wide ? 8 : 4) {
    // The first four are ordinary: most chains of operations stay on the short ways for a while.
    const below = random.chance(0.7) ? 4 : doubles.length
    if (wide) view.setFloat64(at + i, doubles[random.below(below)]!, true)
    else view.setFloat32(at + i, singles[random.below(below)]!, true)
  }
}

function instruction(random: Random): number[] {
  const form: Form = random.chance(0.6) ? random.pick(scalars) : random.pick(usable)
  const reg = form.digit === 1 ? random.below(4) : form.digit
  const operand = form.memory
    ? [0x80 | (reg << 3) | EDI, 16 * random.below(8), random.below(2), 0, 0]
    : [0xc0 | (reg << 3) | random.below(4)]
  return [...form.opcode, ...operand, ...(form.immediate ? [random.byte()] : [])]
}

/** LDMXCSR of one of the control words at the data's end. */
const control = (random: Random): number[] => [0x0f, 0xae, 0x97, 0xf0 - 4 * random.below(4), 1, 0, 0]
const controls = [0x1fa0, 0x1f80, 0x1fa0, 0x9fe0]

/** Blocks of instructions; each may be skipped over by a condition that the last comparison left. */
function program(random: Random): number[] {
  const body: number[] = []
  for (let block = 0; block < 4; block++) {
    const code: number[] = []
    for (let i = random.below(7) + 1; i > 0; i--) code.push(...instruction(random))
    if (random.chance(0.1)) code.push(...control(random))
    if (random.chance(0.6)) body.push(0x0f, 0x80 | random.below(16), code.length & 0xff, code.length >> 8, 0, 0)
    body.push(...code)
  }
  const back = -(body.length + 7)
  return [...body, 0x4e, 0x0f, 0x85, ...[0, 8, 16, 24].map((shift) => (back >> shift) & 0xff), 0xf4]
}

function run(mode: EngineMode, seed: number): { seen: Record<string, number>; memory: Uint8Array } {
  const random = new Random(seed)
  const machine = new FlatMachine({ mode, ramBytes: 0x8000, model: fullModel() })
  const { state, ram, vcpu } = machine
  machine.start({ eip: codeAt, cr0: 0x31 })
  state.set(Layout.cr4, 0x600)
  vcpu.system.refresh()
  state.set(Layout.idtrLimit, 0)
  state.set(Layout.mxcsr, random.pick([0x1fa0, 0x1fa0, 0x1fa0, 0x1f80, 0x1e20, 0x9fe0]))
  const view = new DataView(ram.buffer, ram.byteOffset)
  putNumbers(random, view, dataAt, dataBytes)
  controls.forEach((word, i) => view.setUint32(dataAt + 0x1f0 - 4 * i, word, true))
  for (let i = 0; i < 4; i++) state.setGpr(i, random.interesting())
  const block = new DataView(machine.engine.memory.buffer, state.base)
  for (let i = 0; i < 8; i++) putNumbers(random, block, Layout.vector + 32 * i, 16)
  state.setGpr(ESI, 6)
  state.setGpr(EDI, dataAt)
  machine.write(codeAt, program(random))
  machine.run(1000)
  return { seen: snapshot(state), memory: ram.slice(dataAt, dataAt + dataBytes) }
}

it('programs of numbers at the borders of what is quick end alike in both bindings', () => {
  for (let seed = 1; seed <= 400; seed++) {
    const [one, other] = [run('interpreter', seed), run('translator', seed)]
    expect(differences(one.seen, other.seen), `seed ${seed}`).toEqual([])
    expect(one.memory, `seed ${seed}`).toEqual(other.memory)
  }
})
