// Data breakpoints against a naive model: byte sets. Random breakpoints, random accesses, on both bindings.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Layout } from '../../src/state/layout.ts'
import { Breakpoints } from '../../src/system/breakpoints.ts'
import { FlatMachine } from '../../src/testing/index.ts'

const data = 0x7ff8
const code = 0x1000
const handler = 0x3000
const idt = 0x2000
const gdt = 0x800
const list = 0x1_0000
const runs = 300 * (process.env['MICA_LONG'] ? 20 : 1)
const seed = Number(process.env['MICA_SEED'] ?? 71)

interface Point {
  readonly address: number
  /** DR7.R/W and LEN. */
  readonly kind: number
  readonly length: number
  readonly enabled: boolean
}

interface Step {
  readonly address: number
  readonly size: number
  readonly action: 'read' | 'write' | 'update'
}

const lengths = [1, 2, 8, 4]
const address = fc.integer({ min: data, max: data + 16 })
const points = fc.array(
  fc.record({
    address,
    kind: fc.constantFrom(1, 3),
    length: fc.integer({ min: 0, max: 3 }),
    enabled: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
)
const steps = fc.array(
  fc.record({
    address,
    size: fc.constantFrom(1, 2, 4),
    action: fc.constantFrom('read', 'write', 'update'),
  }) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 8 },
)

function control(all: readonly Point[]): number {
  let value = 0x400
  all.forEach(({ kind, length, enabled }, i) => {
    value |= ((length << 2) | kind) << (16 + 4 * i)
    if (enabled) value |= 2 << (2 * i)
  })
  return value >>> 0
}

/** The manual's rule, by sets of bytes: all that are met, if one of them is enabled. */
function model(all: readonly Point[], { address: from, size, action }: Step): number {
  const bytes = new Set(Array.from({ length: size }, (_, i) => from + i))
  const met = all.map(({ address: start, kind, length }) => {
    if (kind === 1 && action === 'read') return false
    const count = lengths[length]!
    const first = start - (start % count)
    return Array.from({ length: count }, (_, i) => first + i).some((byte) => bytes.has(byte))
  })
  if (!met.some((hit, i) => hit && all[i]!.enabled)) return 0
  return met.reduce((sum, hit, i) => sum | (hit ? 1 << i : 0), 0)
}

const little = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

function bytesOf({ address: at, size, action }: Step): number[] {
  const prefix = size === 2 ? [0x66] : []
  if (action === 'update') return [...prefix, size === 1 ? 0x80 : 0x83, 0x05, ...little(at), 1]
  const write = action === 'write' ? 2 : 0
  return [...prefix, (size === 1 ? 0xa0 : 0xa1) + write, ...little(at)]
}

/** DR6's breakpoint bits of each #DB, in order. */
function reported(machine: FlatMachine, all: readonly Point[], program: readonly number[]): number[] {
  machine.write32(gdt + 8, 0xffff)
  machine.write32(gdt + 12, 0x00cf_9b00)
  machine.write32(idt + 8, (0x08 << 16) | handler)
  machine.write32(idt + 12, 0x8e00)
  // PUSH EAX; MOV EAX, DR6; STOSD; XOR EAX, EAX; MOV DR6, EAX; POP EAX; IRET
  machine.ram.set([0x50, 0x0f, 0x21, 0xf0, 0xab, 0x31, 0xc0, 0x0f, 0x23, 0xf0, 0x58, 0xcf], handler)
  machine.write(code, [...program, 0xf4])
  machine.start({ eip: code, registers: { esp: 0xa000, edi: list } })
  const { state } = machine
  state.set(Layout.gdtrBase, gdt)
  state.set(Layout.gdtrLimit, 0xf)
  state.set(Layout.idtrBase, idt)
  state.set(Layout.idtrLimit, 0xf)
  all.forEach((point, i) => state.set(Layout.debug + i * 8, point.address))
  state.set(Layout.debug + 7 * 8, control(all))
  machine.vcpu.system.refresh()
  machine.run(500)
  const count = (state.gpr(7) - list) / 4
  return Array.from({ length: count }, (_, i) => machine.read32(list + 4 * i) & 0xf)
}

describe('data breakpoints', () => {
  const machines = [new FlatMachine({ mode: 'interpreter' }), new FlatMachine({ mode: 'translator' })]

  it('trap after exactly the instructions that touch their bytes (oracle: sets of bytes)', () => {
    fc.assert(
      fc.property(points, steps, (all, actions) => {
        const expected = actions.map((step) => model(all, step)).filter((bits) => bits !== 0)
        for (const machine of machines) expect(reported(machine, all, actions.flatMap(bytesOf))).toEqual(expected)
      }),
      { numRuns: runs, seed },
    )
  })

  it('are found at the edges of the address space', () => {
    const machine = machines[0]!
    const breakpoints = new Breakpoints()
    machine.state.set(Layout.debug, 0xffff_ffff)
    machine.state.set(Layout.debug + 7 * 8, 0x0003_0402)
    breakpoints.load(machine.state)
    expect(breakpoints.access(0xffff_fffe, 4, false)).toBe(1)
    expect(breakpoints.access(0, 4, false)).toBe(0)
    machine.state.set(Layout.debug, 0)
    breakpoints.load(machine.state)
    expect(breakpoints.access(0xffff_fffe, 4, false)).toBe(1)
  })
})
