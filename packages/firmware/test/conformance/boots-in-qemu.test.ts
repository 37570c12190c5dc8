import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PIIX_HARDWARE, loadLinux, loadMultiboot } from '../../src/index.ts'
import type { AcpiHardware } from '../../src/index.ts'
import { multibootHeader } from '../support/images.ts'
import { FlatMemory, haveQemu, runMachine } from '../support/qemu-machine.ts'

/** The oracle is QEMU's model of the same board, with a ROM that only sets the registers; needs QEMU, and for Linux a guest built before. */
const CACHE = process.env.MICA_GUEST_CACHE ?? resolve(import.meta.dirname, '../../../../.cache/guest-linux')
const COMMAND_LINE = 'console=ttyS0 cryptomgr.notests noisapnp no_timer_check'
const I386 = 'qemu-system-i386'
const AMD64 = 'qemu-system-x86_64'

async function boot(
  architecture: string,
  qemu: string,
  kernelFile: string,
  acpi: AcpiHardware,
  mebibytes = 128,
): Promise<string> {
  const directory = join(CACHE, architecture)
  const memory = new FlatMemory(mebibytes)
  const entry = loadLinux({
    memory,
    ram: [{ start: 0, length: mebibytes << 20 }],
    kernel: readFileSync(join(directory, kernelFile)),
    initrd: readFileSync(join(directory, 'initrd.img')),
    commandLine: COMMAND_LINE,
    acpi,
  })
  const extra = ['-device', 'virtio-net-pci,vectors=0,romfile=,netdev=n', '-netdev', 'user,id=n']
  return runMachine(memory, entry, { qemu, extra, lines: ['cat /proc/interrupts', 'poweroff'] })
}

function canBoot(architecture: string, qemu: string): boolean {
  return existsSync(join(CACHE, architecture, 'vmlinux')) && haveQemu(qemu)
}

describe('Linux accepts the tables, routes interrupts by them and powers off by them', () => {
  const wired: AcpiHardware = { ...PIIX_HARDWARE, pciInterrupts: { kind: 'wired', lines: [10, 10, 11, 11] } }
  const withoutApic: AcpiHardware = { ...PIIX_HARDWARE, localApic: undefined, ioApic: undefined }

  test.runIf(canBoot('i386', I386)).each([
    [
      'vmlinux, PIIX links',
      'vmlinux',
      PIIX_HARDWARE,
      /ACPI: \\_SB_\.LNKB: Enabled at IRQ 10/,
      /10: .*IO-APIC.*virtio0/,
    ],
    ['vmlinux, wired interrupts', 'vmlinux', wired, /Using IOAPIC for interrupt routing/, /10: .*IO-APIC.*virtio0/],
    ['bzImage, no APIC', 'vmlinuz', withoutApic, /LNKB: Enabled at IRQ 10/, /10: .*XT-PIC.*virtio0/],
  ] as const)('%s', async (_, kernel, acpi, routing, interrupts) => {
    const output = await boot('i386', I386, kernel, acpi)
    expect(output).toMatch(routing)
    expect(output).toMatch(interrupts)
    expect(output).toContain('PM-Timer IO Port: 0x608')
    expect(output).toContain('PNP: PS/2 Controller [PNP0303:KBD,PNP0f13:MOU]')
    expect(output).toMatch(/00:00: ttyS0 at I\/O 0x3f8 \(irq = 4/)
    expect(output).toMatch(/rtc_cmos 00:0\d: registered as rtc0/)
    expect(output).not.toMatch(/ACPI (BIOS )?(Error|Warning)|Firmware Bug/)
    expect(output).toContain('reboot: Power down')
  })

  test.runIf(canBoot('amd64', AMD64))('a 64-bit vmlinux through the long mode stub', async () => {
    expect(await boot('amd64', AMD64, 'vmlinux', PIIX_HARDWARE, 256)).toContain('reboot: Power down')
  })
})

test.runIf(haveQemu(I386))(
  'a Multiboot image finds its command line and its module, and powers off through PM1a_CNT',
  async () => {
    const BASE = 0x100000
    const code = [
      0xbc,
      0x00,
      0xf0,
      0x10,
      0x00, // mov esp, 0x10f000
      0x8b,
      0x73,
      0x10,
      0xe8,
      0x1c,
      0,
      0,
      0, // mov esi, [ebx + 16]; call print
      0x8b,
      0x7b,
      0x18,
      0x8b,
      0x77,
      0x08,
      0xe8,
      0x11,
      0,
      0,
      0, // mov edi, [ebx + 24]; mov esi, [edi + 8]; call print
      0x8b,
      0x37,
      0xe8,
      0x0a,
      0,
      0,
      0, // mov esi, [edi]; call print
      0xba,
      0x04,
      0x06,
      0,
      0,
      0x66,
      0xb8,
      0x01,
      0x20,
      0x66,
      0xef, // PM1a_CNT = SCI_EN | SLP_EN
      0xac,
      0x84,
      0xc0,
      0x74,
      0x08,
      0xba,
      0xf8,
      0x03,
      0,
      0,
      0xee,
      0xeb,
      0xf3,
      0xb0,
      0x0a,
      0xee,
      0xc3, // print: lodsb ... out
    ]
    const calls = [8, 19, 26]
    const print = code.length - 17
    for (const at of calls) code[at + 1] = print - (at + 5)
    const kernel = Uint8Array.from([...multibootHeader({ addresses: [BASE, BASE, 0, 0x110000, BASE + 32] }), ...code])
    const memory = new FlatMemory(16)
    const entry = loadMultiboot({
      memory,
      ram: [{ start: 0, length: 16 << 20 }],
      kernel,
      name: 'tiny',
      commandLine: 'a b',
      modules: [{ name: 'module', data: new TextEncoder().encode('contents\0'), commandLine: 'x' }],
      acpi: PIIX_HARDWARE,
    })
    expect(await runMachine(memory, entry, { qemu: I386 })).toBe('tiny a b\nmodule x\ncontents\n')
  },
)
