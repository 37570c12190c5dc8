import { describe, expect, test } from 'vitest'
import { FirmwareError, PIIX_HARDWARE, loadLinux, loadMultiboot } from '../../src/index.ts'
import type { FirmwareProblemKind, LinuxBoot } from '../../src/index.ts'
import { bzImage, elf, multibootHeader, pattern } from '../support/images.ts'
import { SparseMemory, pcRam } from '../support/sparse-memory.ts'

const MIB = 1 << 20

function boot(
  options: Partial<LinuxBoot> = {},
  mebibytes = 64,
): { memory: SparseMemory; entry: ReturnType<typeof loadLinux> } {
  const ram = options.ram ?? pcRam(mebibytes)
  const memory = new SparseMemory(ram)
  return { memory, entry: loadLinux({ memory, ram, kernel: bzImage(), ...options }) }
}

function problemOf(run: () => unknown): FirmwareProblemKind | undefined {
  try {
    run()
  } catch (error) {
    expect(error).toBeInstanceOf(FirmwareError)
    if (error instanceof FirmwareError) {
      expect(error.message).not.toContain('\n')
      return error.kind
    }
  }
  return undefined
}

describe('a bzImage', () => {
  test('is entered as the 32-bit boot protocol says: flat segments 0x10 and 0x18, ESI at the zero page, the rest zero', () => {
    const { entry, memory } = boot()
    expect(entry).toMatchObject({ mode: 'protected32', eip: 0x1000000, eflags: 2, cr0: 0x11 })
    expect(entry.registers).toMatchObject({ esi: 0x10000, ebp: 0, edi: 0, ebx: 0 })
    expect(entry.segments.cs).toEqual({ selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xc09b })
    for (const name of ['ds', 'es', 'ss', 'fs', 'gs'] as const) expect(entry.segments[name].selector).toBe(0x18)
    // SDM vol. 3, 3.4.5: the descriptors in memory say the same as the hidden parts.
    expect(memory.hex64(entry.gdt.base + 0x10)).toBe('cf9b000000ffff')
    expect(memory.hex64(entry.gdt.base + 0x18)).toBe('cf93000000ffff')
    expect(entry.gdt.limit).toBe(0x27)
  })

  test('loads its protected-mode part at the preferred address, or at 1 MiB when it cannot be relocated', () => {
    const code = pattern(5008, 3)
    expect(boot({ kernel: bzImage({ code, prefAddress: 0x2000000 }) }).memory.bytes(0x2000000, code.length)).toEqual(
      code,
    )
    const fixed = boot({ kernel: bzImage({ code, relocatable: false }) })
    expect(fixed.memory.bytes(0x100000, code.length)).toEqual(code)
    expect(fixed.entry.eip).toBe(0x100000)
  })

  test('finds its own header, the command line, the initrd and the memory map in the zero page', () => {
    const initrd = pattern(9000, 1)
    const { memory } = boot({ initrd, commandLine: 'console=ttyS0 grüße' })
    const page = 0x10000
    expect(memory.bytes(page + 0x1fe, 6)).toEqual(Uint8Array.of(0x55, 0xaa, 0xeb, 0x66, 0x48, 0x64))
    expect(memory.bytes(page + 0x210, 1)[0]).toBe(0xff)
    expect(memory.bytes(page + 0x1ef, 1)[0]).toBe(0)
    expect(memory.text(memory.u32(page + 0x228))).toBe('console=ttyS0 grüße')
    const start = memory.u32(page + 0x218)
    expect(memory.u32(page + 0x21c)).toBe(9000)
    expect(start).toBe(64 * MIB - 3 * 4096)
    expect(memory.bytes(start, 9000)).toEqual(initrd)
    const entries = Array.from({ length: memory.bytes(page + 0x1e8, 1)[0] ?? 0 }, (_, index) => {
      const at = page + 0x2d0 + index * 20
      return [memory.u64(at), memory.u64(at + 8), memory.u32(at + 16)]
    })
    expect(entries).toEqual([
      [0, 0x9e000, 1],
      [0x9e000, 0x2000, 2],
      [0xf0000, 0x10000, 2],
      [0x100000, 63 * MIB, 1],
    ])
  })

  test('is told of no screen unless there is one', () => {
    const screen = (memory: SparseMemory): number[] => [...memory.bytes(0x10000, 0x12)]
    expect(screen(boot().memory).every((byte) => byte === 0)).toBe(true)
    const text = screen(boot({ screen: 'text80x25' }).memory)
    expect([text[6], text[7], text[0xe], text[0xf], text[0x10]]).toEqual([3, 80, 25, 1, 16])
  })

  test('finds the RSDP in the zero page and through the EBDA segment in the BIOS data area', () => {
    const { memory } = boot({ acpi: PIIX_HARDWARE })
    const rsdp = memory.u32(0x10000 + 0x70)
    expect(new TextDecoder().decode(memory.bytes(rsdp, 8))).toBe('RSD PTR ')
    const ebda = (memory.u32(0x40e) & 0xffff) << 4
    expect(rsdp - ebda).toBeGreaterThanOrEqual(0)
    expect(rsdp - ebda).toBeLessThan(1024)
    expect(rsdp % 16).toBe(0)
    expect(boot().memory.u32(0x10000 + 0x70)).toBe(0)
  })

  test('gets a copy of the RSDP in the BIOS area where that is writable', () => {
    const ram = [{ start: 0, length: 64 * MIB }]
    const { memory } = boot({ ram, acpi: PIIX_HARDWARE })
    expect(new TextDecoder().decode(memory.bytes(0xf0000, 8))).toBe('RSD PTR ')
  })
})

describe('a vmlinux', () => {
  test('is loaded by physical addresses, with its bss cleared, and entered directly', () => {
    const text = pattern(3000, 2)
    const ram = pcRam(64)
    const memory = new SparseMemory(ram)
    memory.write(0x1000000 + 3000, pattern(500, 9))
    const kernel = elf({
      entry: 0x1000000,
      segments: [{ physical: 0x1000000, virtual: 0xc1000000, data: text, memoryBytes: 4000 }],
    })
    const entry = loadLinux({ memory, ram, kernel })
    expect(entry.eip).toBe(0x1000000)
    expect(memory.bytes(0x1000000, 4000)).toEqual(Uint8Array.from([...text, ...new Uint8Array(1000)]))
    expect(memory.u32(0x10000 + 0x202)).toBe(0x53726448)
  })

  test('of 64 bits is entered through a stub with page tables for 4 GiB', () => {
    const kernel = elf({
      bits: 64,
      entry: 0x1000000,
      segments: [{ physical: 0x1000000, virtual: 2 ** 48 - 4096, data: pattern(10, 1), memoryBytes: 10 }],
    })
    const { entry, memory } = boot({ kernel })
    expect(entry.eip).toBe(0x36000)
    const directory = (gib: number): number => memory.u64(0x31000 + gib * 8) & ~0xfff
    expect(memory.u64(0x30000)).toBe(0x31003)
    expect(memory.u64(directory(3) + 511 * 8)).toBe(0xffe00083)
    expect(memory.hex64(entry.gdt.base + 0x20)).toBe('af9b000000ffff')
  })
})

describe('what cannot be booted', () => {
  const vmlinux = (fileBytes: number, memoryBytes: number, entry: number = 16 * MIB): Uint8Array =>
    elf({ entry, segments: [{ physical: 16 * MIB, data: pattern(fileBytes, 1), memoryBytes }] })
  const cases: [string, FirmwareProblemKind, Partial<LinuxBoot>, number?][] = [
    ['text', 'foreign-image', { kernel: new TextEncoder().encode('#!/bin/sh\n'.repeat(100)) }],
    ['nothing', 'foreign-image', { kernel: new Uint8Array(0) }],
    ['a kernel of protocol 2.01', 'unsupported', { kernel: bzImage({ version: 0x201 }) }],
    ['a zImage', 'unsupported', { kernel: bzImage({ loadFlags: 0 }) }],
    ['a kernel cut short', 'truncated', { kernel: bzImage().subarray(0, 4000) }],
    ['a kernel in too little memory', 'does-not-fit', {}, 17],
    ['a kernel whose initrd is too large', 'does-not-fit', { initrd: new Uint8Array(20 * MIB) }, 34],
    [
      'an initrd below its highest address',
      'does-not-fit',
      { initrd: new Uint8Array(MIB), kernel: bzImage({ initrdMax: MIB + 4095 }) },
    ],
    ['a long command line', 'command-line-too-long', { commandLine: 'x'.repeat(2048) }],
    ['a command line with NUL', 'bad-option', { commandLine: 'a\0b' }],
    ['RAM that does not begin at 0', 'does-not-fit', { ram: [{ start: MIB, length: 64 * MIB }] }],
    [
      'RAM that overlaps',
      'bad-option',
      {
        ram: [
          { start: 0, length: MIB },
          { start: 4096, length: MIB },
        ],
      },
    ],
    ['an ELF file of another machine', 'foreign-image', { kernel: elf({ entry: 0, segments: [] }).fill(40, 18, 19) }],
    ['a vmlinux cut short in a segment', 'truncated', { kernel: vmlinux(64, 64).subarray(0, 100) }],
    ['a vmlinux cut short in its header', 'truncated', { kernel: vmlinux(64, 64).subarray(0, 40) }],
    ['a vmlinux whose segment has more bytes than memory', 'foreign-image', { kernel: vmlinux(64, 63) }],
    ['a vmlinux whose entry is nowhere', 'foreign-image', { kernel: vmlinux(64, 64, 0x2000000) }],
    ['a vmlinux where there is no RAM', 'does-not-fit', { kernel: vmlinux(64, 64 * MIB) }],
    ['hardware that cannot be', 'bad-option', { acpi: { ...PIIX_HARDWARE, s5SleepType: 8 } }],
  ]
  test.each(cases)('%s: %s', (_, kind, options, mebibytes) => {
    expect(problemOf(() => boot(options, mebibytes))).toBe(kind)
  })

  test.each(['loadLinux', 'loadMultiboot'])('impossible hardware is seen before anything is written (%s)', (loader) => {
    const ram = pcRam(64)
    const memory = new SparseMemory(ram)
    const acpi = { ...PIIX_HARDWARE, processors: 0 }
    const image = elf({
      entry: MIB,
      segments: [{ physical: MIB, data: pattern(9, 1), memoryBytes: 9 }],
      prologue: multibootHeader(),
    })
    const load = (): unknown =>
      loader === 'loadLinux'
        ? loadLinux({ memory, ram, kernel: bzImage(), acpi })
        : loadMultiboot({ memory, ram, kernel: image, acpi })
    expect(problemOf(load)).toBe('bad-option')
    expect(memory.writes).toBe(0)
  })

  test('memory that refuses what the ranges promise is named', () => {
    const memory = new SparseMemory([{ start: 0, length: 0xa0000 }])
    expect(problemOf(() => loadLinux({ memory, ram: pcRam(64), kernel: bzImage() }))).toBe('memory-refused')
  })

  test('the command line may be as long as the kernel takes', () => {
    expect(problemOf(() => boot({ commandLine: 'x'.repeat(2047) }))).toBe(undefined)
  })
})
