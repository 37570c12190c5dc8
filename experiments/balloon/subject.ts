/** The machines of the experiment `balloon`: made smaller in three ways, and what they took for the same work. */
import { MemorySwapStore } from '@mica-vm/machine-memory'
import { Host, MemoryBlockStore, type BootSource } from '@mica-vm/vmm'
import { DebianGuest } from '../frame/debian-guest.ts'
import {
  difference,
  StorageLedger,
  storageNs,
  sumOf,
  type StorageModel,
  type StorageUse,
} from '../frame/storage-ledger.ts'

export const mib: number = 2 ** 20
export const pageBytes = 4096
/** Of each of the forty clients, and of 128 KiB: 200 MiB in all, half as much again as the largest machine has. */
export const files = 40
const diskMiB = 224
/** A disk of flash behind SATA. An instruction takes a nanosecond, as the guest's clock has it. */
export const storage: StorageModel = { requestNs: 100_000, bytesPerSecond: 500e6 }
/** Of the guest's time, for its balloon to come to its target. */
const patienceSeconds = 60
/** The host that swaps frees up to so many pages ahead. It has as many more, so that its machine has at least its size in frames when it needs a frame. */
export const aheadPages = 512
const thresholds = { high: 0.03, soft: 0.03, hard: 0, low: 0 }

export const kinds = ['native', 'ballooned', 'swapped'] as const
export type Kind = (typeof kinds)[number]

/** How much memory a machine has, and how much of it its guest can use. */
export interface Size {
  readonly fullMiB: number
  readonly sizeMiB: number
}

/** Things to do for each client, and the seed to draw them with. */
export interface Order {
  readonly operations: number
  readonly seed: number
}

export interface Round {
  readonly instructions: number
  readonly storage: StorageUse
  readonly cpuMs: number
  readonly residentMiB: number
}

/** What a machine of a kind did with `sizeMiB` of memory. */
export interface Result extends Size {
  readonly kind: Kind
  readonly rounds: readonly Round[]
}

export const useOf = ({ rounds }: Result): StorageUse => sumOf(rounds.map((round) => round.storage))

export const total = ({ rounds }: Result, of: (round: Round) => number): number =>
  rounds.reduce((whole, round) => whole + of(round), 0)

/** Instructions and what the stores take, one after the other. */
export function timeNs(result: Result): number {
  return total(result, (round) => round.instructions + storageNs(round.storage, storage))
}

/** The machine's size, and the host's memory. Equal is what a guest can use: its size, less what its balloon holds; or what the host has for it. */
function memoryOf(kind: Kind, { fullMiB, sizeMiB }: Size): { readonly size: number; readonly host: number } {
  const [full, wanted] = [fullMiB * mib, sizeMiB * mib]
  if (kind === 'native') return { size: wanted, host: wanted + mib }
  return { size: full, host: kind === 'ballooned' ? full + mib : wanted + aheadPages * pageBytes }
}

/** A machine with a disk of its own, and what is counted of it. */
export class Subject {
  readonly kind: Kind
  readonly size: Size
  readonly #host: Host
  readonly #guest: DebianGuest
  readonly #ledger = new StorageLedger()
  readonly #marks: StorageUse[] = []

  constructor(kind: Kind, size: Size, boot: BootSource, image: Uint8Array) {
    this.kind = kind
    this.size = size
    const memory = memoryOf(kind, size)
    const swap = this.#ledger.swap(new MemorySwapStore(size.fullMiB * 257))
    const memoryPolicy = { sharing: false, swap, thresholds }
    this.#host = new Host({ memory: memory.host, maximumVms: 1, ...(kind === 'swapped' && { memoryPolicy }) })
    const disk = this.#ledger.disk(new MemoryBlockStore(image.slice()))
    const vm = this.#host.createVm({
      ...{ memory: memory.size, boot, clock: 'instructions' },
      virtio: { blk: [{ store: disk }], balloon: kind === 'ballooned' },
    })
    this.#ledger.instructions = () => vm.processor.retired
    vm.on('debug', () => void this.#marks.push(this.#ledger.use))
    this.#guest = new DebianGuest(vm)
  }

  /** Boots and sets its guest up, fills the memory that it has then, and works for a while. */
  async prepare(warmUp: Order, setup: string = 'true'): Promise<void> {
    await this.#use(setup)
    await this.#use('files mount')
    await this.#use('files read')
    const { balloon } = this.#guest.vm
    const pages = ((this.size.fullMiB - this.size.sizeMiB) * mib) / pageBytes
    balloon?.setTarget(pages)
    for (let seconds = 0; balloon !== null && balloon.actual < pages; seconds++) {
      if (seconds === patienceSeconds) throw new Error(`the guest gave up ${balloon.actual} pages of ${pages}`)
      await this.#use('sleep 1')
    }
    await this.measure(warmUp)
  }

  measure({ operations, seed }: Order): Promise<Round> {
    return this.#use(`files use ${operations} ${files} ${seed}`)
  }

  destroy(): void {
    this.#host.destroy()
  }

  async #use(command: string): Promise<Round> {
    const { status, output, before, after, cpuMs } = await this.#guest.measure(command)
    if (status !== 0) throw new Error(`${command} ended with status ${status} in a ${this.kind} machine:\n${output}`)
    const [from, to] = this.#marks.splice(0, 2)
    return {
      instructions: after.instructions - before.instructions,
      storage: difference(to!, from!),
      cpuMs,
      residentMiB: (after.memory.resident * pageBytes) / mib,
    }
  }
}

/** A disk with the clients' files, as a machine of some size has made them. */
export async function makeImage(boot: BootSource, fullMiB: number): Promise<Uint8Array> {
  const image = new Uint8Array(diskMiB * mib)
  const host = new Host({ memory: (fullMiB + 1) * mib, maximumVms: 1 })
  const virtio = { blk: [{ store: new MemoryBlockStore(image) }] }
  const guest = new DebianGuest(host.createVm({ memory: fullMiB * mib, boot, clock: 'instructions', virtio }))
  const { status, output } = await guest.measure(`files make ${files}`)
  host.destroy()
  if (status !== 0) throw new Error(`the files cannot be made: status ${status}\n${output}`)
  return image
}
