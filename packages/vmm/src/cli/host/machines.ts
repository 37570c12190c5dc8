import { FirmwareError } from '@mica-vm/firmware'
import { MemorySwapStore, SwapStoreError, type SwapStore } from '@mica-vm/machine-memory'
import { FileSwapStore } from '@mica-vm/machine-memory/node'
import { VmmError } from '../../errors.ts'
import { Host } from '../../host.ts'
import type { HostMemoryOptions, SharingRates } from '../../host-memory.ts'
import type { CpuName, Media, VmOptions } from '../../types.ts'
import { readGuestFiles, type GuestFiles } from '../guest-files.ts'
import type { VirtioOptions } from '../../virtio/options.ts'
import { openMedia, openVirtioDisk } from '../media.ts'
import { UsageError } from '../status.ts'
import type { HostFile, HostFileImage, HostFileVm } from './host-schema.ts'

const pageBytes = 4096

/** The host that a file describes, with its machines, which do not run yet. @throws UsageError */
export async function createHost(file: HostFile, path: string, warn: (text: string) => void): Promise<Host> {
  const { memory, engine, vms } = file
  const host = new Host({ memory, engine, maximumVms: vms.length, memoryPolicy: policyOf(file) })
  const guests = new Map<string, Promise<GuestFiles>>()
  for (const [index, vm] of vms.entries()) {
    try {
      const guest = await guestOf(vm, guests)
      const complain = (text: string): void => warn(`${vm.name}: ${text}`)
      const devices = { media: mediaOf(vm, complain), virtio: virtioOf(vm, complain) }
      host.createVm({ ...optionsOf(vm, file), ...guest, ...devices })
    } catch (error) {
      host.destroy()
      if (!(error instanceof UsageError || error instanceof VmmError || error instanceof FirmwareError)) throw error
      throw new UsageError(`${path}: vms[${index}] (${vm.name}): ${error.message}`, { cause: error })
    }
  }
  return host
}

function policyOf({ swap, sharing, policy }: HostFile): HostMemoryOptions {
  const { idleTax, samplePages, samplePeriod, rebalance, thresholds } = policy
  return {
    sharing: sharing !== null && ratesOf(sharing),
    ...(swap && { swap: openSwap(swap) }),
    ...(idleTax !== undefined && { idleTax }),
    ...(samplePages !== undefined && { samplePages }),
    ...(samplePeriod !== undefined && { samplePeriodNs: samplePeriod * 1e9 }),
    ...(rebalance !== undefined && { rebalanceNs: rebalance * 1e9 }),
    ...(thresholds && { thresholds }),
  }
}

function ratesOf({ pagesPerSecond, pagesPerSecondPerVm }: NonNullable<HostFile['sharing']>): SharingRates {
  return {
    ...(pagesPerSecond !== undefined && { pagesPerSecond }),
    ...(pagesPerSecondPerVm !== undefined && { pagesPerSecondPerVm }),
  }
}

/** A file of its own, or memory of the process. */
function openSwap({ file, size }: NonNullable<HostFile['swap']>): SwapStore {
  const slots = Math.ceil(size / pageBytes)
  if (file === undefined) return new MemorySwapStore(slots)
  try {
    return new FileSwapStore({ path: file, slots })
  } catch (error) {
    if (!(error instanceof SwapStoreError)) throw error
    throw new UsageError(`swap.file ${file}: ${error.message}`, { cause: error })
  }
}

function optionsOf(vm: HostFileVm, { timerSlackMs }: HostFile): VmOptions {
  const { size, min, max, shares } = vm.memory
  return {
    name: vm.name,
    memory: {
      size,
      ...(min !== undefined && { min }),
      ...(max !== undefined && { max }),
      ...(shares !== undefined && { shares }),
    },
    ...(vm.cpu !== undefined && { cpu: vm.cpu as CpuName }),
    ...(vm.cpuShares !== undefined && { cpuShares: vm.cpuShares }),
    ...(vm.salt !== undefined && { salt: vm.salt }),
    timerSlackNs: timerSlackMs * 1e6,
    serial: [{ input: vm.input === undefined ? 'at-once' : 'on-demand' }],
  }
}

/** Machines that start from the same files share their bytes. */
function guestOf(vm: HostFileVm, known: Map<string, Promise<GuestFiles>>): Promise<GuestFiles> {
  const { kernel, initrd, append, floppies, disks, cdroms } = vm
  const options = {
    ...(kernel !== undefined && { kernel }),
    ...(initrd !== undefined && { initrd }),
    ...(append !== undefined && { append }),
    module: [],
    floppy: floppies.map(({ file }) => file),
    disk: disks.map(({ file }) => file),
    cdrom: cdroms,
  }
  const key = JSON.stringify(options)
  const guest = known.get(key) ?? readGuestFiles(options)
  known.set(key, guest)
  return guest
}

function mediaOf({ floppies, disks, cdroms }: HostFileVm, warn: (text: string) => void): Media {
  const none = { floppy: [], disk: [], cdrom: [], snapshot: false }
  const open = (kind: 'floppy' | 'disk', { file, snapshot }: HostFileImage): Media =>
    openMedia({ ...none, [kind]: [file], snapshot }, warn)
  return {
    floppies: floppies.flatMap((image) => open('floppy', image).floppies ?? []),
    disks: disks.flatMap((image) => open('disk', image).disks ?? []),
    cdroms: openMedia({ ...none, cdrom: cdroms }, warn).cdroms ?? [],
  }
}

function virtioOf({ virtio }: HostFileVm, warn: (text: string) => void): VirtioOptions {
  const { disks, rng, console, mode } = virtio
  return {
    blk: disks.map(({ file, snapshot, readOnly, serial }) => ({
      store: openVirtioDisk({ snapshot }, file, readOnly, warn),
      ...(serial !== undefined && { serial }),
    })),
    rng,
    console,
    balloon: true,
    mode,
  }
}
