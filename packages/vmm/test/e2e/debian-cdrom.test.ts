// Oracle: Debian's kernel as installation discs start it: El Torito, GRUB, the 16-bit setup code, a BIOS's tables, the kernel unpacking itself.
import { expect, test } from 'vitest'
import { bioses, disc, firmware, requireImage } from './images.ts'
import { Session } from './session.ts'

const memory = 256 * 2 ** 20
test.for(bioses)("Debian's kernel comes from a CD to a shell by %s", async (name, { skip }) => {
  const cdroms = [disc(await requireImage({ skip }, 'debian-cdrom'))]
  const session = new Session({ memory, firmware: await firmware({ skip }, name), media: { cdroms } })
  await session.sends('mica:/root# ', 60)
  session.vm.serial[0]!.send('grep -c processor /proc/cpuinfo; echo $((6*7)); poweroff -f\n')
  expect(await session.ends(30)).toEqual({ reason: 'powered-off', by: 'guest' })
  expect(session.serial).toMatch(/^1\r\n42\r$/m)
  expect(session.serial).toMatch(/SMBIOS [\d.]+ present/)
  expect(session.serial).toMatch(/DMI: Mica Virtual PC/)
})

/** The disc with another word in its kernel's command line. */
function withWord(image: Uint8Array, old: string, word: string): Uint8Array {
  const changed = Uint8Array.from(image)
  const at = Buffer.from(image.buffer, image.byteOffset, image.length).indexOf(old)
  expect(at).toBeGreaterThan(0)
  changed.set(new TextEncoder().encode(word.padEnd(old.length)), at)
  return changed
}

// Without ACPI the MultiProcessor table is all that the kernel has to find the I/O APIC by, and which interrupts go where.
test("Debian's kernel finds the APICs by the MP table of Mica's BIOS", async ({ skip }) => {
  const cdroms = [disc(withWord(await requireImage({ skip }, 'debian-cdrom'), 'no_timer_check', 'acpi=off'))]
  const session = new Session({ memory, media: { cdroms } })
  await session.sends('mica:/root# ', 60)
  const ask =
    'dmesg | grep -i "multiprocessor\\|MPTABLE\\|apic.*timer"; grep -c IO-APIC /proc/interrupts; cat /proc/interrupts; poweroff -f'
  session.vm.serial[0]!.send(`${ask}\n`)
  await session.passes(5)
  expect(session.serial).toMatch(/Intel MultiProcessor Specification v1\.4/)
  expect(session.serial).toMatch(/MPTABLE: OEM ID: MICA/)
  expect(session.serial).toMatch(/0: +\d+ +IO-APIC +2-edge +timer/)
})
