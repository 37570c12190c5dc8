import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buildAcpiLoaderFiles, buildAcpiTables, PIIX_HARDWARE } from '../../src/index.ts'

const NAME_BYTES = 56

interface Placed {
  readonly bytes: Uint8Array
  readonly address: number
}

/** Carries the commands out as QEMU's documentation of the BIOS linker and loader has them. */
function execute(files: Readonly<Record<string, Uint8Array>>, place: (file: string) => number): Map<string, Placed> {
  const placed = new Map<string, Placed>()
  const loader = files['etc/table-loader']!
  const view = new DataView(loader.buffer)
  const name = (at: number): string =>
    new TextDecoder().decode(loader.subarray(at, at + NAME_BYTES)).replace(/\0+$/, '')
  for (let at = 0; at < loader.length; at += 128) {
    const file = name(at + 4)
    const word = (index: number): number => view.getUint32(at + 4 + NAME_BYTES + 4 * index, true)
    if (view.getUint32(at, true) === 1) {
      expect(place(file) % word(0), `${file} is aligned`).toBe(0)
      placed.set(file, { bytes: files[file]!.slice(), address: place(file) })
    } else if (view.getUint32(at, true) === 2) {
      const offset = view.getUint32(at + 4 + 2 * NAME_BYTES, true)
      const size = loader[at + 8 + 2 * NAME_BYTES]!
      addTo(placed.get(file)!.bytes, offset, size, placed.get(name(at + 4 + NAME_BYTES))!.address)
    } else {
      const { bytes } = placed.get(file)!
      const sum = bytes.subarray(word(1), word(1) + word(2)).reduce((all, byte) => all + byte, 0)
      bytes[word(0)] = (bytes[word(0)]! - sum) & 0xff
    }
  }
  return placed
}

function addTo(bytes: Uint8Array, offset: number, size: number, address: number): void {
  const view = new DataView(bytes.buffer)
  if (size === 4) view.setUint32(offset, view.getUint32(offset, true) + address, true)
  else view.setBigUint64(offset, view.getBigUint64(offset, true) + BigInt(address), true)
}

// Oracle: the tables built for those addresses at once, which iasl and Linux know.
test('what firmware joins by the commands is what would have been built in that place', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 0, max: 4095 }), (block, paragraph) => {
      const [tables, root] = [block * 4096, 0xf_0000 + paragraph * 16]
      const hardware = { ...PIIX_HARDWARE, s3SleepType: 1, vga: true }
      const { files } = buildAcpiLoaderFiles(hardware)
      const placed = execute(files, (file) => (file === 'etc/acpi/rsdp' ? root : tables))
      const expected = buildAcpiTables(hardware, tables)
      expect(placed.get('etc/acpi/rsdp')!.bytes).toEqual(expected.rsdp)
      // The file begins with a copy of the root pointer that nobody is led to.
      expect(placed.get('etc/acpi/tables')!.bytes.subarray(36)).toEqual(expected.bytes.subarray(36))
    }),
    { seed: 20_26, numRuns: 100 },
  )
})

test('the tables for other ports have the same size, and name them', () => {
  const { files, tablesFor } = buildAcpiLoaderFiles(PIIX_HARDWARE)
  const moved = tablesFor({ ...PIIX_HARDWARE, pm1aEvent: 0xb000 })
  expect(moved).toHaveLength(files['etc/acpi/tables']!.length)
  expect(moved).not.toEqual(files['etc/acpi/tables'])
})
