import { describe, expect, test } from 'vitest'
import { FirmwareError, MULTIBOOT_BOOTLOADER_MAGIC, loadMultiboot } from '../../src/index.ts'
import type { EntryState, FirmwareProblemKind, MultibootBoot } from '../../src/index.ts'
import { elf, multibootHeader, pattern } from '../support/images.ts'
import { SparseMemory, pcRam } from '../support/sparse-memory.ts'

const BASE = 0x100000
const CODE = pattern(600, 4)

function elfKernel(flags = 0): Uint8Array {
  return elf({
    entry: BASE + 16,
    segments: [{ physical: BASE, data: CODE, memoryBytes: 9000 }],
    prologue: multibootHeader({ flags }),
  })
}

function flatKernel(addresses: readonly [number, number, number, number, number], before = 0): Uint8Array {
  return Uint8Array.from([...new Uint8Array(before), ...multibootHeader({ addresses }), ...CODE])
}

function boot(options: Partial<MultibootBoot> = {}): { memory: SparseMemory; entry: EntryState; info: number } {
  const ram = options.ram ?? pcRam(16)
  const memory = new SparseMemory(ram)
  const entry = loadMultiboot({ memory, ram, kernel: elfKernel(), ...options })
  return { memory, entry, info: entry.registers.ebx }
}

describe('the machine state of Multiboot 3.2', () => {
  test('EAX is the magic, EBX the information, segments flat, paging and interrupts off', () => {
    const { entry } = boot()
    expect(entry.registers.eax).toBe(MULTIBOOT_BOOTLOADER_MAGIC)
    expect(entry).toMatchObject({ mode: 'protected32', eip: BASE + 16, cr0: 0x11, eflags: 2 })
    for (const segment of Object.values(entry.segments)) expect(segment).toMatchObject({ base: 0, limit: 0xffffffff })
  })
})

describe('the information structure of Multiboot 3.3', () => {
  test.each([0, 3])('has memory sizes and map whether the header asks or not (flags %i)', (flags) => {
    const { memory, info } = boot({ kernel: elfKernel(flags) })
    expect(memory.u32(info) & 0x41).toBe(0x41)
    expect(memory.u32(info + 4)).toBe(632)
    expect(memory.u32(info + 8)).toBe(15 * 1024)
    const entries: number[][] = []
    const end = memory.u32(info + 48) + memory.u32(info + 44)
    for (let at = memory.u32(info + 48); at < end; at += memory.u32(at) + 4)
      entries.push([memory.u64(at + 4), memory.u64(at + 12), memory.u32(at + 20)])
    expect(entries).toEqual([
      [0, 0x9e000, 1],
      [0x9e000, 0x2000, 2],
      [0xf0000, 0x10000, 2],
      [BASE, 15 << 20, 1],
    ])
  })

  test("has a command line that begins with the image, the loader's name, and modules with their own lines", () => {
    const modules = [
      { name: 'initrd', data: pattern(5000, 1), commandLine: 'root ro' },
      { name: 'empty', data: new Uint8Array(0) },
      { name: 'last', data: pattern(100, 2) },
    ]
    const { memory, info } = boot({ name: 'nucleus', commandLine: 'a=b', modules })
    expect(memory.u32(info) & 0x20c).toBe(0x20c)
    expect(memory.text(memory.u32(info + 16))).toBe('nucleus a=b')
    expect(memory.text(memory.u32(info + 64))).toBe('Mica')
    expect(memory.u32(info + 20)).toBe(3)
    const table = memory.u32(info + 24)
    const lines = ['initrd root ro', 'empty', 'last']
    modules.forEach(({ data }, index) => {
      const [start, end, line] = [0, 4, 8].map((field) => memory.u32(table + index * 16 + field))
      expect(start! % 4096).toBe(0)
      expect(start).toBeGreaterThanOrEqual(BASE + 9000)
      expect(end! - start!).toBe(data.length)
      expect(memory.bytes(start!, data.length)).toEqual(data)
      expect(memory.text(line!)).toBe(lines[index])
    })
  })

  test('has a boot device or a screen only when there is one', () => {
    const bare = boot()
    expect(bare.memory.u32(bare.info) & 0x1002).toBe(0)
    const full = boot({ bootDrive: 0x80, screen: 'text80x25' })
    expect(full.memory.u32(full.info) & 0x1002).toBe(0x1002)
    expect(full.memory.u32(full.info + 12)).toBe(0x80ffffff)
    expect(full.memory.u64(full.info + 88)).toBe(0xb8000)
    expect([...full.memory.bytes(full.info + 108, 2)]).toEqual([16, 2])
  })

  test('moves out of the way of an image in low memory', () => {
    const kernel = elf({
      entry: 0x2000,
      segments: [{ physical: 0x2000, data: CODE, memoryBytes: 0x9000 }],
      prologue: multibootHeader(),
    })
    const { info, memory } = boot({ kernel })
    expect(info).toBeGreaterThanOrEqual(0xb000)
    expect(memory.bytes(0x2000, CODE.length)).toEqual(CODE)
  })
})

describe('load addresses in the header (Multiboot 3.1.3)', () => {
  test("place a flat file by the header's own address and clear its bss", () => {
    const file = flatKernel([BASE + 0x10, BASE, BASE + 0x100, BASE + 0x400, BASE + 0x40], 0x30)
    const { memory, entry } = boot({ kernel: file })
    expect(memory.bytes(BASE, 0x100)).toEqual(file.subarray(0x20, 0x120))
    expect(memory.bytes(BASE + 0x100, 0x300).every((byte) => byte === 0)).toBe(true)
    expect(entry.eip).toBe(BASE + 0x40)
  })

  test('load to the end of the file when no end is named', () => {
    const file = flatKernel([BASE, BASE, 0, 0, BASE + 0x20])
    expect(boot({ kernel: file }).memory.bytes(BASE, file.length)).toEqual(file)
  })

  test('win over the container, so that ELF64 with them is accepted', () => {
    const header = multibootHeader({ addresses: [BASE, BASE, 0, 0, BASE + 0x20] })
    const kernel = elf({
      bits: 64,
      entry: 0,
      segments: [{ physical: 0, data: CODE, memoryBytes: 600 }],
      prologue: header,
    })
    expect(boot({ kernel }).entry.eip).toBe(BASE + 0x20)
  })
})

describe('what cannot be booted', () => {
  const elf64 = elf({
    bits: 64,
    entry: BASE,
    segments: [{ physical: BASE, data: CODE, memoryBytes: 600 }],
    prologue: multibootHeader(),
  })
  const late = Uint8Array.from([...new Uint8Array(8192), ...multibootHeader()])
  const cases: [string, FirmwareProblemKind, Partial<MultibootBoot>][] = [
    ['no header', 'foreign-image', { kernel: new Uint8Array(20000) }],
    ['a header beyond 8 KiB', 'foreign-image', { kernel: late }],
    ['ELF64 without load addresses', 'unsupported', { kernel: elf64 }],
    ['a required feature that nobody knows', 'unsupported', { kernel: elfKernel(0x8) }],
    ['a flat file without addresses', 'foreign-image', { kernel: Uint8Array.from([...multibootHeader(), ...CODE]) }],
    ['a load end beyond the file', 'truncated', { kernel: flatKernel([BASE, BASE, BASE + 0x10000, 0, BASE + 0x20]) }],
    [
      'a header loaded below its load address',
      'foreign-image',
      { kernel: flatKernel([BASE, BASE + 16, 0, 0, BASE + 0x20]) },
    ],
    ['an entry outside', 'foreign-image', { kernel: flatKernel([BASE, BASE, 0, 0, BASE + 0x10000]) }],
    ['an image over the EBDA', 'does-not-fit', { kernel: flatKernel([0x9e000, 0x9e000, 0, 0, 0x9e020]) }],
    ['a module that is too large', 'does-not-fit', { modules: [{ name: 'm', data: new Uint8Array(15 << 20) }] }],
    ['a command line with NUL', 'bad-option', { commandLine: '\0' }],
  ]
  test.each(cases)('%s: %s', (_, kind, options) => {
    let found: unknown
    try {
      boot(options)
    } catch (error) {
      found = error
    }
    expect(found).toBeInstanceOf(FirmwareError)
    expect(found instanceof FirmwareError ? [found.kind, found.message.includes('\n')] : []).toEqual([kind, false])
  })
})
