import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PIIX_HARDWARE, PIIX_HPET, buildAcpiTables } from '../../src/index.ts'
import type { AcpiHardware } from '../../src/index.ts'

const BASE = 0x9e010
const HEADER_BYTES = 36
const haveIasl = spawnSync('iasl', ['-v']).error === undefined

function tableOf(signature: string, hardware: AcpiHardware = PIIX_HARDWARE): Uint8Array {
  const { bytes, addresses } = buildAcpiTables(hardware, BASE)
  const at = (addresses[signature] ?? 0) - BASE
  return bytes.slice(at, at + new DataView(bytes.buffer).getUint32(at + 4, true))
}

/** Disassembles and reassembles, without optimizations, and answers both texts. */
function throughIasl(table: Uint8Array): { source: string; aml: Uint8Array } {
  const directory = mkdtempSync(join(tmpdir(), 'acpi-'))
  try {
    writeFileSync(join(directory, 'in.dat'), table)
    execFileSync('iasl', ['-d', 'in.dat'], { cwd: directory, stdio: 'pipe' })
    execFileSync('iasl', ['-oa', '-p', 'out', 'in.dsl'], { cwd: directory, stdio: 'pipe' })
    return { source: readFileSync(join(directory, 'in.dsl'), 'utf8'), aml: readFileSync(join(directory, 'out.aml')) }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

describe('DSDT', () => {
  const wired: AcpiHardware = {
    ...PIIX_HARDWARE,
    mouse: false,
    vga: true,
    pciInterrupts: { kind: 'wired', lines: [16, 17, 18, 19] },
  }

  test.runIf(haveIasl).each([
    ['piix', PIIX_HARDWARE],
    ['wired', wired],
  ] as const)('%s: survives the reference compiler byte for byte (oracle: iasl)', (_, hardware) => {
    const table = tableOf('DSDT', hardware)
    const { source, aml } = throughIasl(table)
    expect(Buffer.from(aml.subarray(HEADER_BYTES)).equals(table.subarray(HEADER_BYTES))).toBe(true)
    for (const id of ['PNP0A03', 'PNP0501', 'PNP0303', 'PNP0B00']) expect(source).toContain(`EisaId ("${id}")`)
  })

  test.each([
    ['piix', PIIX_HARDWARE],
    ['wired', wired],
  ] as const)('%s: is what was last checked with iasl and booted (oracle: committed bytes)', async (file, hardware) => {
    const hex = Buffer.from(tableOf('DSDT', hardware)).toString('hex').replace(/.{96}/g, '$&\n')
    await expect(`${hex}\n`).toMatchFileSnapshot(`../vectors/dsdt-${file}.hex`)
  })
})

describe('FADT', () => {
  const fadt = tableOf('FACP')
  const view = new DataView(fadt.buffer)

  test('says where the PIIX4 block is, in both forms (ACPI 5.2.9)', () => {
    const blocks = {
      evt: [56, 148, 0x600, 32],
      cnt: [64, 172, 0x604, 16],
      timer: [76, 208, 0x608, 32],
      gpe0: [80, 220, 0x60c, 32],
    }
    for (const [block, [short = 0, long = 0, port, bits]] of Object.entries(blocks)) {
      expect(view.getUint32(short, true), block).toBe(port)
      expect([fadt[long], fadt[long + 1], view.getUint32(long + 4, true)], block).toEqual([1, bits, port])
    }
    expect([...fadt.subarray(88, 94)]).toEqual([4, 2, 0, 4, 4, 0])
  })

  test('has SCI 9, no SMI command, a reset register, and no VGA', () => {
    expect([view.getUint16(46, true), view.getUint32(48, true)]).toEqual([9, 0])
    expect([fadt[116], fadt[117], view.getUint32(120, true), fadt[128]]).toEqual([1, 8, 0xcf9, 0x06])
    expect(view.getUint32(112, true) & 0x401).toBe(0x401)
    expect(view.getUint16(109, true)).toBe(0x07)
    expect(tableOf('FACP', { ...PIIX_HARDWARE, vga: true })[109]).toBe(0x03)
    expect(tableOf('FACP', { ...PIIX_HARDWARE, localApic: undefined })[109]).toBe(0x0f)
  })
})

test('the MADT lists processors, the I/O APIC and what differs from the ISA defaults (ACPI 5.2.12)', () => {
  const madt = tableOf('APIC', { ...PIIX_HARDWARE, processors: 2 })
  const structures: number[][] = []
  for (let at = 44; at < madt.length; at += madt[at + 1] ?? 1)
    structures.push([...madt.subarray(at, at + (madt[at + 1] ?? 1))])
  expect(new DataView(madt.buffer).getUint32(36, true)).toBe(0xfee00000)
  expect(structures).toEqual([
    [0, 8, 0, 0, 1, 0, 0, 0],
    [0, 8, 1, 1, 1, 0, 0, 0],
    [1, 12, 0, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0],
    [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
    [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0],
    [2, 10, 0, 10, 10, 0, 0, 0, 0x0d, 0],
    [2, 10, 0, 11, 11, 0, 0, 0, 0x0d, 0],
    [4, 6, 255, 0, 0, 1],
  ])
})

describe('HPET', () => {
  const table = tableOf('HPET', { ...PIIX_HARDWARE, hpet: PIIX_HPET })

  test.runIf(haveIasl)('reads as the registers are, and survives the reference compiler (oracle: iasl)', () => {
    const { source, aml } = throughIasl(table)
    expect(Buffer.from(aml.subarray(HEADER_BYTES)).equals(table.subarray(HEADER_BYTES))).toBe(true)
    expect(source).toMatch(/Hardware Block ID : 8086A201/)
    expect(source).toMatch(/Space ID : 00 \[SystemMemory\]/)
    expect(source).toMatch(/Address : 00000000FED00000/)
    expect(source).toMatch(/Minimum Clock Ticks : 03E8/)
  })

  test('is listed by both roots, and absent where the timers are', () => {
    const { bytes, addresses } = buildAcpiTables({ ...PIIX_HARDWARE, hpet: PIIX_HPET }, BASE)
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    const last = (signature: string, width: number): number => {
      const at = addresses[signature]! - BASE
      return view.getUint32(at + view.getUint32(at + 4, true) - width, true)
    }
    expect([last('RSDT', 4), last('XSDT', 8)]).toEqual([addresses['HPET'], addresses['HPET']])
    expect(buildAcpiTables(PIIX_HARDWARE, BASE).addresses).not.toHaveProperty('HPET')
  })
})
