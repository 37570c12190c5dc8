import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { REGISTER_NAMES } from '../../src/index.ts'
import type { EntryState, GuestMemory } from '../../src/index.ts'

/** A QEMU i440FX/PIIX machine whose ROM is only what brings the processor into an `EntryState`. */

const ROM_BASE = 0xf0000
const ROM_BYTES = 0x10000
const RESET_VECTOR = 0xfff0
const GDT_AT = 0x8000
const GDTR_AT = 0x8100
const ENTRY_GDTR_AT = 0x8110
const CHUNK = 0x10000
/** PCI configuration addresses: PIIX3 routing registers, PIIX4 power management base and enable. */
const PIRQ_ROUTES = 0x80000860
const PM_BASE = 0x80000b40
const PM_ENABLE = 0x80000b80

export class FlatMemory implements GuestMemory {
  readonly bytes: Uint8Array

  constructor(mebibytes: number) {
    this.bytes = new Uint8Array(mebibytes << 20)
  }

  write(physical: number, bytes: Uint8Array): boolean {
    if (physical + bytes.length > this.bytes.length || (physical < 0x100000 && physical + bytes.length > 0xa0000))
      return false
    this.bytes.set(bytes, physical)
    return true
  }

  read(physical: number, into: Uint8Array): boolean {
    if (physical + into.length > this.bytes.length) return false
    into.set(this.bytes.subarray(physical, physical + into.length))
    return true
  }
}

export function haveQemu(qemu: string): boolean {
  return spawnSync(qemu, ['--version']).error === undefined
}

function dword(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
}

function rom(entry: EntryState): Uint8Array {
  const out = (port: number, value: number, operation: number[]): number[] => [
    0xba,
    ...dword(port),
    0xb8,
    ...dword(value),
    ...operation,
  ]
  const pci = (address: number, value: number): number[] => [
    ...out(0xcf8, address, [0xef]),
    ...out(0xcfc, value, [0xef]),
  ]
  const protectedAt = 24
  const realMode = [
    0xfa, // cli
    0x66,
    0x2e,
    0x0f,
    0x01,
    0x16,
    GDTR_AT & 0xff,
    GDTR_AT >> 8, // lgdt [cs:GDTR]
    0x0f,
    0x20,
    0xc0,
    0x0c,
    0x01,
    0x0f,
    0x22,
    0xc0, // cr0 |= PE
    0x66,
    0xea,
    ...dword(ROM_BASE + protectedAt),
    0x10,
    0x00, // jmp 0x10:protected
  ]
  const protectedMode = [
    0x66,
    0xb8,
    0x18,
    0x00,
    0x8e,
    0xd8,
    0x8e,
    0xc0,
    0x8e,
    0xd0,
    0x8e,
    0xe0,
    0x8e,
    0xe8, // ds = es = ss = fs = gs = 0x18
    ...pci(PM_BASE, 0x601),
    ...pci(PM_ENABLE, 1),
    ...pci(PIRQ_ROUTES, 0x0b0b0a0a),
    ...out(0x604, 1, [0x66, 0xef]), // SCI_EN
    0x0f,
    0x01,
    0x15,
    ...dword(ROM_BASE + ENTRY_GDTR_AT), // lgdt: the image's
    ...REGISTER_NAMES.flatMap((name, number) => [0xb8 + number, ...dword(entry.registers[name])]),
    0xea,
    ...dword(entry.eip),
    entry.segments.cs.selector,
    0x00,
  ]
  const bytes = new Uint8Array(ROM_BYTES).fill(0x90)
  bytes.set([...realMode, ...Array<number>(protectedAt - realMode.length).fill(0x90), ...protectedMode])
  bytes.set(
    [...Array<number>(16).fill(0), 0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0, 0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0],
    GDT_AT,
  )
  bytes.set([0x1f, 0, ...dword(ROM_BASE + GDT_AT)], GDTR_AT)
  bytes.set([entry.gdt.limit & 0xff, entry.gdt.limit >> 8, ...dword(entry.gdt.base)], ENTRY_GDTR_AT)
  bytes.set([0xe9, ...dword(ROM_BYTES - RESET_VECTOR - 3).slice(0, 2)], RESET_VECTOR)
  return bytes
}

export interface Conversation {
  readonly qemu: string
  readonly extra?: readonly string[]
  /** Typed one after the other, each when the prompt has come again. */
  readonly lines?: readonly string[]
  readonly prompt?: string
}

/** Runs until the machine is off and answers what its serial port said. */
export async function runMachine(memory: FlatMemory, entry: EntryState, conversation: Conversation): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'machine-'))
  try {
    writeFileSync(join(directory, 'rom'), rom(entry))
    const loaders: string[] = []
    for (let at = 0; at < memory.bytes.length; at += CHUNK) {
      const start = at
      while (at < memory.bytes.length && memory.bytes.subarray(at, at + CHUNK).some((byte) => byte !== 0)) at += CHUNK
      if (at === start) continue
      writeFileSync(join(directory, `${start}`), memory.bytes.subarray(start, at))
      loaders.push('-device', `loader,file=${join(directory, `${start}`)},addr=0x${start.toString(16)},force-raw=on`)
    }
    const machine = [
      '-accel',
      'tcg',
      '-M',
      'pc,hpet=off',
      '-m',
      `${memory.bytes.length >> 20}`,
      '-bios',
      join(directory, 'rom'),
    ]
    // Time by instructions: on a busy host Linux else finds that timers do not work.
    const io = ['-icount', 'shift=1', '-display', 'none', '-nodefaults', '-no-reboot', '-serial', 'stdio']
    return await talk([...machine, ...io, ...loaders], conversation)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function talk(
  args: readonly string[],
  { qemu, extra = [], lines = [], prompt = 'mica:' }: Conversation,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(qemu, [...args, ...extra], { stdio: ['pipe', 'pipe', 'inherit'], timeout: 600_000 })
    const left = [...lines]
    let output = ''
    let seen = 0
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('latin1')
      const prompts = output.split(prompt).length - 1
      if (prompts > seen && left.length > 0) child.stdin.write(`${left.shift()}\n`)
      seen = prompts
    })
    child.on('error', reject)
    child.on('close', () => resolve(output))
  })
}
