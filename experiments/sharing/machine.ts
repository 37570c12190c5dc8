import type { BlockStore, BootSource, Host, VirtualMachine } from '@mica-vm/vmm'

const mib = 2 ** 20

export const memoryMiB = 64
export const diskMiB = 8

/** What all machines of the experiment boot, and the disk that they read. */
export interface Image {
  readonly boot: BootSource
  readonly disk: BlockStore
}

export function addMachine(host: Host, { boot, disk }: Image, clock: 'real' | 'instructions'): VirtualMachine {
  return host.createVm({ memory: memoryMiB * mib, boot, clock, virtio: { blk: [{ store: disk }] } })
}
