import { FirmwareError } from '@mica-vm/firmware'
import { Host } from '../host.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import type { ExitWatch } from './exit-watch.ts'
import type { GuestFiles } from './guest-files.ts'
import { openMedia } from './media.ts'
import type { RunOptions } from './options.ts'
import { UsageError } from './status.ts'
import { virtioOf } from './virtio.ts'

/** Bytes of the host's memory for ROMs and what they shadow. */
const romRoom = 32 * 2 ** 20

/** Makes the machine that the options ask for. @throws UsageError, VmmError */
export function createVm(options: RunOptions, guest: GuestFiles, watch: ExitWatch | null): VirtualMachine {
  const { memory, cpu, engine, mmu, clock, screen, boot: bootOrder } = options
  const isTerminal = process.stdin.isTTY === true
  const warn = (text: string): void => void process.stderr.write(`mica: ${text}\n`)
  const media = openMedia(options, warn)
  const virtio = virtioOf(options, warn)
  // Besides RAM, the ROMs and what they are copied to.
  const host = new Host({ memory: memory + romRoom, engine, maximumVms: 1 })
  try {
    return host.createVm({
      memory,
      ...guest,
      media,
      virtio,
      ...(bootOrder && { bootOrder }),
      cpu,
      mmu,
      clock,
      ...(watch && { devices: [watch.device] }),
      serial: [{ input: isTerminal ? 'at-once' : 'on-demand' }],
      ...(guest.boot && !guest.firmware && { screen: screen === undefined ? 'none' : 'text80x25' }),
    })
  } catch (error) {
    if (!(error instanceof FirmwareError)) throw error
    throw new UsageError(nameFiles(error.message, options))
  }
}

/** The loader speaks of "the kernel" and "the initrd"; their user knows them by their files' names. */
function nameFiles(message: string, { kernel, initrd }: RunOptions): string {
  const named = kernel === undefined ? message : message.replace('the kernel', () => `kernel ${kernel}`)
  return initrd === undefined ? named : named.replace('the initrd', () => `initrd ${initrd}`)
}
