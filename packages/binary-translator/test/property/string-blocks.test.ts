// Oracle: the manual's description of the string instructions, element by element: repetitions that the engine handles in blocks leave the same
// memory, registers and flags, wherever they overlap, end, cross pages, or fault.
import { expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { Random } from '../random/random.ts'

const codeAt = 0x1000
const firstData = 0x4000
const dataBytes = 0x4000
/** Not present, behind the data. */
const missing = firstData + dataBytes
const [CF, ZF, DF] = [1, 0x40, 0x400]

const stems = ['movs', 'cmps', 'stos', 'lods', 'scas'] as const
type Stem = (typeof stems)[number]
const opcodes: Readonly<Record<Stem, number>> = { movs: 0xa4, cmps: 0xa6, stos: 0xaa, lods: 0xac, scas: 0xae }

interface Case {
  readonly stem: Stem
  readonly size: 1 | 2 | 4
  readonly prefix: 0xf2 | 0xf3
  readonly down: boolean
  readonly eax: number
  readonly ecx: number
  readonly esi: number
  readonly edi: number
}

interface Outcome {
  readonly registers: readonly number[]
  /** CF and ZF after a comparison. */
  readonly flags: number
  readonly memory: Uint8Array
}

function makeCase(random: Random): Case {
  const near = (): number => firstData + random.below(dataBytes)
  const esi = near()
  const edi = random.chance(0.4) ? esi + random.between(-20, 20) : near()
  const size = random.pick([1, 2, 4] as const)
  const ecx = random.pick([random.below(20), random.below(300), random.below(6000), random.below(12_000)])
  const eax = random.pick([0, 0x0101_0101, 0x0202_0202, 0x1234_5678, 0xffff_ffff])
  const prefix = random.chance(0.5) ? 0xf2 : 0xf3
  return { stem: random.pick(stems), size, prefix, down: random.chance(0.15), eax, ecx, esi, edi }
}

/** Long runs of equal bytes, so that comparisons last, with other ones in between. */
function fill(random: Random, memory: Uint8Array): void {
  for (let at = 0; at < memory.length;) {
    const length = random.pick([1, 5, 100, 3000])
    memory.fill(random.pick([0, 1, 1, 2, 0xff]), at, at + length)
    at += length
  }
}

/** What the instruction does, until an element touches what is not present. */
function model(c: Case, memory: Uint8Array): Outcome {
  const load = (at: number): number => {
    let value = 0
    for (let i = 0; i < c.size; i++) value += memory[at - firstData + i]! * 2 ** (8 * i)
    return value
  }
  const accumulator = c.eax % 2 ** (8 * c.size)
  let { eax, ecx, esi, edi } = c
  let flags = 0
  const present = (at: number): boolean => at >= firstData && at + c.size <= missing
  const [reads, indexes] = [c.stem !== 'stos' && c.stem !== 'scas', c.stem !== 'lods']
  const step = c.down ? -c.size : c.size
  while (ecx > 0) {
    if ((reads && !present(esi)) || (indexes && !present(edi))) {
      // SDM vol. 2, REP: after a fault, EFLAGS is as before the instruction.
      flags = 0
      break
    }
    let ends = false
    if (c.stem === 'movs' || c.stem === 'stos') {
      const value = c.stem === 'movs' ? load(esi) : accumulator
      for (let i = 0; i < c.size; i++) memory[edi - firstData + i] = Math.floor(value / 2 ** (8 * i))
    } else if (c.stem === 'lods') {
      eax = c.eax - accumulator + load(esi)
    } else {
      const [a, b] = [c.stem === 'cmps' ? load(esi) : accumulator, load(edi)]
      flags = (a < b ? CF : 0) | (a === b ? ZF : 0)
      ends = (a === b) !== (c.prefix === 0xf3)
    }
    if (reads) esi += step
    if (indexes) edi += step
    ecx--
    if (ends) break
  }
  return { registers: [eax, ecx, esi, edi], flags, memory }
}

const machines = new Map<EngineMode, FlatMachine>()

function machineOf(mode: EngineMode): FlatMachine {
  const known = machines.get(mode)
  if (known) return known
  const machine = new FlatMachine({ mode, ramBytes: 0x1_0000 })
  for (const page of [firstData / 4096 - 1, missing / 4096, missing / 4096 + 1]) machine.mmu.map(page, { frame: -2 })
  machines.set(mode, machine)
  return machine
}

function run(mode: EngineMode, c: Case, memory: Uint8Array): Outcome {
  const machine = machineOf(mode)
  const { state, ram } = machine
  ram.set(memory, firstData)
  const { eax, ecx, esi, edi } = c
  machine.start({ eip: codeAt, eflags: c.down ? DF | 2 : 2, registers: { eax, ecx, esi, edi } })
  state.set(Layout.idtrLimit, 0)
  const operandSize = c.size === 2 ? [0x66] : []
  machine.write(codeAt, [...operandSize, c.prefix, opcodes[c.stem] + (c.size === 1 ? 0 : 1), 0xf4])
  for (let i = 0; i < 20; i++) machine.run(10)
  const compares = c.stem === 'cmps' || c.stem === 'scas'
  return {
    registers: [0, 1, 6, 7].map((register) => state.gpr(register) >>> 0),
    flags: compares && state.gpr(1) !== ecx ? state.eflags & (CF | ZF) : 0,
    memory: ram.slice(firstData, missing),
  }
}

it('repetitions do what they do element by element', () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const random = new Random(seed)
    const memory = new Uint8Array(dataBytes)
    fill(random, memory)
    const c = makeCase(random)
    const expected = model(c, memory.slice())
    for (const mode of ['interpreter', 'translator'] as const) {
      const seen = run(mode, c, memory)
      const what = `seed ${seed}, ${mode}: ${JSON.stringify(c)}`
      expect(seen.registers, what).toEqual(expected.registers)
      expect(seen.flags, what).toBe(expected.flags)
      expect(Buffer.compare(seen.memory, expected.memory), what).toBe(0)
    }
  }
})
