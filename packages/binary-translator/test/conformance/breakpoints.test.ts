// Data breakpoints against a real CPU: recorded traps of random programs, see test/oracle-debug/generate.ts.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Flag, Layout } from '../../src/state/layout.ts'
import { FlatMachine } from '../../src/testing/index.ts'
import { type DebugCase, decode } from '../oracle-debug/cases.ts'
import { fullModel } from '../random/full-model.ts'

const [code, data, handler, list] = [0x1_0000, 0x2_0000, 0x3000, 0x6000]
const [gdt, idt, stack] = [0x800, 0x2000, 0x5000]

const cases = readFileSync(new URL('../oracle-debug/vectors.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => {
    const [encoded, traps] = line.split(' | ')
    return { encoded: encoded!, traps: traps ?? '' }
  })

/** The handler of #DB lists EIP, DR6 and EFLAGS, and clears DR6, with registers and flags as they were. */
const handlerBytes = [
  ...[0x50, 0x57, 0x8b, 0x3d, 0, 0x40, 0, 0], // PUSH EAX; PUSH EDI; MOV EDI, [4000h]
  ...[0x8b, 0x44, 0x24, 0x08, 0xab, 0x0f, 0x21, 0xf0, 0xab], // MOV EAX, [ESP+8]; STOSD; MOV EAX, DR6; STOSD
  ...[0x8b, 0x44, 0x24, 0x10, 0xab, 0x89, 0x3d, 0, 0x40, 0, 0], // MOV EAX, [ESP+16]; STOSD; MOV [4000h], EDI
  ...[0x31, 0xc0, 0x0f, 0x23, 0xf0, 0x5f, 0x58, 0xcf], // XOR EAX, EAX; MOV DR6, EAX; POP EDI; POP EAX; IRET
]

function trapsOf(machine: FlatMachine, { program, control, at }: DebugCase): string {
  machine.ram.fill(0)
  machine.write32(gdt + 8, 0xffff)
  machine.write32(gdt + 12, 0x00cf_9b00)
  machine.write32(idt + 8, (0x08 << 16) | handler)
  machine.write32(idt + 12, 0x8e00)
  machine.write32(0x4000, list)
  machine.ram.set(handlerBytes, handler)
  machine.write(code, [...program, 0xf4])
  machine.start({ eip: code, registers: { esp: stack, edi: data, esi: data + 8 } })
  const { state } = machine
  for (const [cell, value] of [
    [Layout.gdtrBase, gdt],
    [Layout.gdtrLimit, 0xf],
    [Layout.idtrBase, idt],
    [Layout.idtrLimit, 0xf],
    [Layout.cr4, 0x600],
    [Layout.x87Control, 0x37f],
    [Layout.x87Tag, 0xffff],
    [Layout.debug + 7 * 8, control | 0x400],
  ] as const)
    state.set(cell, value)
  at.forEach((offset, i) => state.set(Layout.debug + i * 8, data + offset))
  machine.vcpu.system.refresh()
  machine.run(1000)
  const count = (machine.read32(0x4000) - list) / 12
  return Array.from({ length: count }, (_, i) => {
    const [eip, dr6, flags] = [0, 4, 8].map((field) => machine.read32(list + 12 * i + field))
    return `${(eip! - code).toString(16)}:${(dr6! & 0xf).toString(16)}:${flags! & Flag.RF ? 1 : 0}`
  }).join(',')
}

describe.each(['interpreter', 'translator'] as const)('data breakpoints of the %s', (mode) => {
  it('trap where, and with what, a real CPU traps (oracle: recorded vectors)', () => {
    const machine = new FlatMachine({ mode, ramBytes: 0x4_0000, model: fullModel() })
    expect(cases.length).toBe(600)
    expect(cases.filter(({ traps }) => traps !== '').length).toBeGreaterThan(300)
    for (const { encoded, traps } of cases) {
      expect.soft(`${encoded} | ${trapsOf(machine, decode(encoded))}`).toBe(`${encoded} | ${traps}`)
    }
  })
})
