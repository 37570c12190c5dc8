import type { BalloonEvent, BalloonPages } from '@mica-vm/balloon'
import type { RandomSource } from '@mica-vm/binary-translator'
import { BlockStoreError } from '@mica-vm/pc-devices'
import { BlockDevice, EntropyDevice, type VirtioDevice } from '@mica-vm/virtio'
import { VmmError } from '../errors.ts'
import type { DeviceContext, InputPacing } from '../types.ts'
import { Balloon } from './balloon.ts'
import { VirtioConsolePort } from './console-port.ts'
import type { VirtioDisk, VirtioOptions } from './options.ts'
import { createVirtioFunction, type VirtioFunction } from './pci-function.ts'

/** Guest time after which a device goes on with what was too much for one turn. */
const turnNs = 100_000

export interface VirtioParts {
  readonly options: VirtioOptions
  readonly context: DeviceContext
  readonly random: RandomSource
  /** The guest's pages, for its balloon. */
  readonly pages: BalloonPages
  /** See `StreamPortOptions`. */
  readonly progressNs: () => number
  /** How input reaches the console unless its options say. */
  readonly input: InputPacing
  readonly wake: () => void
  /** A driver broke a rule, and its device needs a reset. */
  readonly onFailure: (device: string, reason: string) => void
  readonly onBalloon: (event: BalloonEvent) => void
}

/** The virtio devices of a machine, on its PCI bus. */
export class VirtioDevices {
  readonly console: VirtioConsolePort | null
  readonly balloon: Balloon | null
  readonly disks: readonly BlockDevice[]
  readonly #functions: readonly VirtioFunction[]

  /** @throws VmmError for options that no device can have, or a bus that is full. */
  constructor({ options, context, random, pages, progressNs, input, wake, onFailure, onBalloon }: VirtioParts) {
    const { blk = [], rng = false, console = false, balloon = false, devices = [], mode, packed } = options
    const { timers, pci, memory } = context
    const defer = (callback: () => void): void => void timers.schedule(timers.nowNs() + turnNs, callback)
    this.disks = blk.map((disk, index) => diskOf(disk, index, defer))
    const streams = { input, timers, progressNs, wake }
    this.console = console ? new VirtioConsolePort({ ...streams, ...(console === true ? {} : console) }) : null
    const patience = balloon === true ? {} : balloon
    this.balloon = patience ? new Balloon({ pages, clock: timers, defer, onEvent: onBalloon, ...patience }) : null
    const named: [string, VirtioDevice][] = [
      ...this.disks.map((disk, index): [string, VirtioDevice] => [`virtio-blk ${index}`, disk]),
      ...(this.console ? [['virtio-console', this.console.device] as [string, VirtioDevice]] : []),
      ...(rng ? [['virtio-rng', entropyOf(random)] as [string, VirtioDevice]] : []),
      ...(this.balloon ? [['virtio-balloon', this.balloon.device] as [string, VirtioDevice]] : []),
      ...devices.map((device): [string, VirtioDevice] => [`virtio device ${device.deviceId}`, device]),
    ]
    this.#functions = named.map(([name, device]) => {
      const slot = pci.freeSlot
      if (slot < 0) throw new VmmError('bad-option', `no PCI slot is left for the ${name}`)
      const fn = createVirtioFunction({
        device,
        memory,
        msi: (address, data) => context.msi(address, data),
        onFailure: (reason) => onFailure(name, reason),
        ...(mode && { mode }),
        ...(packed !== undefined && { packed }),
      })
      pci.attach(slot, fn)
      return fn
    })
  }

  reset(): void {
    for (const fn of this.#functions) fn.reset()
    this.console?.reset()
  }

  release(): void {
    this.console?.close()
  }
}

function diskOf({ store, serial }: VirtioDisk, index: number, defer: (callback: () => void) => void): BlockDevice {
  const id = serial ?? `MICA${String(index + 1).padStart(4, '0')}`
  try {
    return new BlockDevice({ store, id, defer, isStoreFailure: (error) => error instanceof BlockStoreError })
  } catch (error) {
    if (error instanceof RangeError) throw new VmmError('bad-option', `virtio.blk[${index}]: ${error.message}`)
    throw error
  }
}

function entropyOf(random: RandomSource): EntropyDevice {
  return new EntropyDevice({
    random: (into) => {
      for (let at = 0, word = 0; at < into.length; at++, word >>>= 8) {
        if (at % 4 === 0) word = random.next()
        into[at] = word
      }
    },
  })
}
