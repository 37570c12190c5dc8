// Oracle: Debian's unmodified virtio drivers, and what the host knows of the same bytes.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MemoryBlockStore, type VirtioOptions, type VmOptions } from '../../src/index.ts'
import { mica, scratch } from '../support/command.ts'
import { requireGuest } from './guest.ts'
import { Session } from './session.ts'

const mib = 2 ** 20

function diskBytes(bytes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: bytes }, (_, at) => (at * 7 + (at >> 9)) & 0xff)
}

const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

interface Machine {
  readonly session: Session
  /** What the guest sent by its virtio console. */
  console: string
  readonly failures: string[]
}

/** The default guest with virtio devices; `words` are added to its command line. */
function machine(guest: ReturnType<typeof requireGuest>, virtio: VirtioOptions, words = ''): Machine {
  const boot: VmOptions['boot'] = {
    kernel: readFileSync(guest.vmlinux),
    initrd: readFileSync(guest.initrd),
    commandLine: `${guest.commandLine} quiet ${words}`,
  }
  const session = new Session({ memory: 64 * mib, boot, virtio })
  const made: Machine = { session, console: '', failures: [] }
  session.vm.on('console', ({ bytes }) => void (made.console += new TextDecoder('latin1').decode(bytes)))
  session.vm.on('virtio-failure', ({ device, reason }) => void made.failures.push(`${device}: ${reason}`))
  return made
}

interface Transport {
  readonly name: string
  readonly virtio: Pick<VirtioOptions, 'mode' | 'packed'>
  readonly words?: string
  /** In /proc/interrupts, where the disk's requests are counted. */
  readonly interrupts: RegExp
  /** Ring features that the driver took: packed, VERSION_1. */
  readonly features: { readonly packed: string; readonly version1: string }
}

const byMessage = /^ *\d+: +[1-9]\d* +PCI-MSI \d+-edge +virtio\d-req/m
const transports: readonly Transport[] = [
  {
    name: 'modern, packed rings, MSI-X',
    virtio: { mode: 'modern' },
    interrupts: byMessage,
    features: { packed: '1', version1: '1' },
  },
  {
    name: 'transitional, split rings, INTx by the I/O APIC',
    virtio: { packed: false },
    words: 'pci=nomsi',
    interrupts: /^ *\d+: +[1-9]\d* +IO-APIC +\d+-fasteoi +.*virtio\d/m,
    features: { packed: '0', version1: '1' },
  },
  {
    name: 'legacy, MSI-X',
    virtio: { mode: 'legacy' },
    interrupts: byMessage,
    features: { packed: '0', version1: '0' },
  },
  {
    name: 'legacy, INTx by the interrupt controllers of old',
    virtio: { mode: 'legacy' },
    words: 'noapic nolapic',
    interrupts: /^ *\d+: +[1-9]\d* +XT-PIC .*virtio\d/m,
    features: { packed: '0', version1: '0' },
  },
]

for (const { name, virtio, words, interrupts, features } of transports) {
  test(`disk, console and random numbers: ${name}`, async (context) => {
    const bytes = diskBytes(2 * mib)
    const before = md5(bytes)
    const size = { columns: 80, rows: 24 }
    const disk = { store: new MemoryBlockStore(bytes), serial: 'SERIAL-42' }
    const made = machine(requireGuest(context), { ...virtio, blk: [disk], rng: true, console: { size } }, words)
    const { session } = made
    const obey = async (command: string, until: RegExp): Promise<void> => {
      session.vm.serial[0]!.send(`${command}\n`)
      await session.sends(until, 30)
    }
    await session.sends('mica:/root# ', 30)
    await obey('cat /sys/block/vda/serial; md5sum /dev/vda; echo read-$((1+1))', /read-2/)
    expect(session.serial).toContain(`SERIAL-42`)
    expect(session.serial).toContain(`${before}  /dev/vda`)
    await obey(
      'yes mica | dd of=/dev/vda bs=64k seek=8 count=4 iflag=fullblock conv=fsync; echo wrote-$((1+1))',
      /wrote-2/,
    )
    expect(new TextDecoder().decode(bytes.subarray(8 * 65536, 12 * 65536))).toBe(
      'mica\n'.repeat(52429).slice(0, 4 * 65536),
    )
    expect(md5(bytes.subarray(0, 8 * 65536))).toBe(md5(diskBytes(8 * 65536)))
    await obey(
      'head -c 4096 /dev/hwrng | wc -c; cat /sys/class/misc/hw_random/rng_current; echo random-$((1+1))',
      /random-2/,
    )
    expect(session.serial).toMatch(/^4096\r\nvirtio_rng.0\r$/m)
    session.vm.console!.resize(100, 30)
    session.vm.console!.send('tty; stty size; echo heard >/dev/ttyS0\n')
    await session.sends(/heard/, 30)
    await obey('cat /proc/interrupts; cat /sys/block/vda/device/features; echo end-$((1+1))', /end-2/)
    expect(made.console).toMatch(/^mica:\/root# (.*\r\n)+\/dev\/hvc0\r\n30 100\r\n/m)
    expect(session.serial).toMatch(interrupts)
    const bits = /^[01]{64}\r$/m.exec(session.serial)![0]
    expect({ packed: bits[34], version1: bits[32] }).toEqual(features)
    session.vm.serial[0]!.send('poweroff\n')
    expect(await session.ends(30)).toEqual({ reason: 'powered-off', by: 'guest' })
    expect(made.failures).toEqual([])
  })
}

test('a guest reboots, and finds its devices again', async (context) => {
  const { session, failures } = machine(requireGuest(context), {
    blk: [{ store: new MemoryBlockStore(diskBytes(mib)) }],
    rng: true,
  })
  session.vm.serial[0]!.send('reboot\nmd5sum /dev/vda\npoweroff\n')
  expect(await session.ends(60)).toEqual({ reason: 'powered-off', by: 'guest' })
  expect(session.serial).toContain(`${md5(diskBytes(mib))}  /dev/vda`)
  expect(failures).toEqual([])
})

const files = scratch()
const script = `md5sum /dev/vda /dev/vdb
echo changed | dd of=/dev/vda conv=fsync
echo no | dd of=/dev/vdb conv=fsync
head -c 8 /dev/vda
echo to the console > /dev/hvc0
poweroff
`

test('the command: disks in files, in place or as a snapshot, one read-only; the console in a file', async (context) => {
  requireGuest(context)
  const image = files.file('image', diskBytes(mib))
  const fixed = files.file('fixed', diskBytes(mib / 2))
  const output = files.path('console')
  const args = [
    'run',
    '--append',
    'quiet',
    '--virtio-disk',
    image,
    '--virtio-disk',
    `${fixed},readonly`,
    '--virtio-rng',
    '--virtio-console',
    output,
  ]
  const sums = [md5(diskBytes(mib)), md5(diskBytes(mib / 2))]
  const kept = await mica([...args, '--snapshot', '--virtio-mode', 'modern'], script)
  expect(kept).toMatchObject({ status: 0, stderr: '' })
  for (const sum of sums) expect(kept.stdout).toContain(sum)
  expect(kept.stdout).toMatch(/^changed\r$/m)
  expect(md5(readFileSync(image))).toBe(sums[0])
  const { status } = await mica(args, script)
  expect(status).toBe(0)
  expect(new TextDecoder().decode(readFileSync(image).subarray(0, 8))).toBe('changed\n')
  expect(md5(readFileSync(fixed))).toBe(sums[1])
  expect(readFileSync(output, 'latin1')).toContain('to the console\r\n')
})

test('the command: a shell on the virtio console, where standard input goes', async (context) => {
  requireGuest(context)
  const { status, stdout } = await mica(['run', '--append', 'quiet', '--virtio-console', 'stdio'], 'tty\npoweroff\n')
  expect(stdout).toMatch(/^\/dev\/hvc0\r$/m)
  expect(status).toBe(0)
})
