// Three Debian guests, with the kernel's own balloon driver, on a host that has far less than they were promised. Oracle: the guests, which
// fill memory with random bytes and compare checksums before and after.
import { readFileSync } from 'node:fs'
import { MemorySwapStore } from '@mica-vm/machine-memory'
import { expect, test } from 'vitest'
import { Host, type VirtualMachine } from '../../src/index.ts'
import { requireGuest } from './guest.ts'

const mib = 2 ** 20
const size = 64 * mib
const work = [
  'mount -t tmpfs none /mnt; dd if=/dev/urandom of=/mnt/data bs=1M count=16 2>/dev/null; md5sum /mnt/data >/sum',
  'sleep 20; md5sum -c /sum && sleep 1 && md5sum -c /sum && echo all is "w"ell; poweroff -f',
  '',
].join('\n')

function outputOf(vm: VirtualMachine): () => string {
  let text = ''
  vm.on('serial', ({ bytes }) => void (text += new TextDecoder('latin1').decode(bytes)))
  return () => text
}

test(
  'all finish their work with right results, by sharing, balloons and swap',
  { timeout: 1_800_000 },
  async (context) => {
    const guest = requireGuest(context)
    const boot = {
      kernel: readFileSync(guest.vmlinux),
      initrd: readFileSync(guest.initrd),
      commandLine: `${guest.commandLine} quiet`,
    }
    const host = new Host({
      memory: 96 * mib,
      memoryPolicy: {
        swap: new MemorySwapStore((3 * size) / 4096 + 64),
        sharing: { pagesPerSecond: 4000, pagesPerSecondPerVm: 2000 },
      },
    })
    const vms = ['a', 'b', 'c'].map((name) =>
      host.createVm({
        name,
        memory: { size, min: 8 * mib },
        boot,
        virtio: { balloon: true },
        serial: [{ input: 'on-demand' }],
      }),
    )
    const peak = { ballooned: 0, swapped: 0, shared: 0, used: 0 }
    const watch = setInterval(() => {
      for (const { memory } of vms) {
        const { ballooned, swapped, shared } = memory.statistics
        peak.ballooned = Math.max(peak.ballooned, ballooned)
        peak.swapped = Math.max(peak.swapped, swapped)
        peak.shared = Math.max(peak.shared, shared)
      }
      peak.used = Math.max(peak.used, host.statistics.used * 4096)
    }, 100)
    const outputs = vms.map(outputOf)
    for (const vm of vms) vm.serial[0]!.send(work)
    const exits = await Promise.all(vms.map((vm) => vm.run()))
    clearInterval(watch)
    expect(exits).toEqual(vms.map(() => ({ reason: 'powered-off', by: 'guest' })))
    for (const output of outputs) expect(output()).toContain('all is well')
    expect(peak.shared).toBeGreaterThan(mib)
    expect(peak.ballooned).toBeGreaterThan(mib)
    host.destroy()
    expect(host.statistics.used).toBe(0)
  },
)
