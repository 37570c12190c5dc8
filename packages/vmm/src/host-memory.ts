import { SwapSpace, type MachineMemory, type SwapReservation, type SwapStore } from '@mica-vm/machine-memory'
import { PageSharer, ShareOutcome, type SharingClient, type SharingStatistics } from '@mica-vm/page-sharing'
import { AdmissionControl, type Admission, type ReclaimLevel, type Reservation } from '@mica-vm/share-allocator'
import { VmmError } from './errors.ts'
import { MemoryPolicy, reservedFrames } from './memory-policy/memory-policy.ts'
import type { MemoryPolicyOptions, PolicyClient } from './memory-policy/types.ts'
import type { HostClock } from './types.ts'
import type { VirtualMachine } from './virtual-machine.ts'
import type { Limits, MemoryClaim } from './vm-memory.ts'

const pageBytes = 4096
const mib = 2 ** 20
/** The host is looked at so often while a machine runs. */
const lookMs = 100
/** Pages that a machine has besides its RAM: a text page; with firmware ROMs, and the memory that they hide. */
const overheadPages = 1
const firmwareOverheadPages = 192

/** Of a machine whose pages nobody compares. */
export const nothingMerged = { merged: 0, zeroed: 0 } as const

/** How a host manages the memory of its machines. */
export interface HostMemoryOptions extends MemoryPolicyOptions {
  /** Where pages go that no balloon gives. The host closes it when asked to. Default: nowhere. */
  readonly swap?: SwapStore
  /** Whether equal pages of machines with the same salt share a frame, and how many are looked at per second; default 200, and 50 of each machine. */
  readonly sharing?: boolean | SharingRates
}

export interface SharingRates {
  readonly pagesPerSecond?: number
  readonly pagesPerSecondPerVm?: number
}

/** How short of memory a host is, and what it has done about it. Sizes in bytes. */
export interface HostMemoryStatistics {
  readonly state: ReclaimLevel
  readonly swap: { readonly size: number; readonly used: number; readonly reserved: number; readonly failures: number }
  /** Null: nothing is shared. */
  readonly sharing: SharingStatistics | null
  /** What can still be guaranteed to machines, and what of swap can still be reserved. */
  readonly unreserved: { readonly memory: number; readonly swap: number }
}

/** What an admitted machine has. */
export interface MemoryGrant {
  readonly swap: SwapReservation | null
  readonly update: (limits: Limits) => void
  readonly release: () => void
}

interface Member {
  readonly client: PolicyClient
  readonly sharing: SharingClient | null
}

/** The memory that machines of a host share, as its policy divides it. */
export class HostMemory {
  readonly #swap: SwapSpace | null
  readonly #sharer: PageSharer | null
  readonly #policy: MemoryPolicy
  readonly #control: AdmissionControl
  readonly #clock: HostClock
  readonly #members = new Map<VirtualMachine, Member>()
  #running = 0
  #timer: ReturnType<typeof setTimeout> | null = null

  constructor(memory: MachineMemory, options: HostMemoryOptions, { clock, random, onLevel }: HostMemoryParts) {
    this.#clock = clock
    this.#swap = options.swap ? new SwapSpace(options.swap) : null
    this.#sharer = sharerOf(memory, options.sharing ?? true, clock, random)
    const usableFrames = memory.endFrame - memory.firstFrame - 1
    const frames = {
      usableFrames,
      get freeFrames() {
        return memory.freeFrames
      },
    }
    const sharing = this.#sharer && { scan: (pages: number) => void this.#sharer!.scan({ pages }) }
    this.#policy = new MemoryPolicy({ frames, options, sharing, random, onLevel })
    const guaranteed = Math.max(0, usableFrames - reservedFrames(usableFrames, options))
    this.#control = new AdmissionControl({ memory: guaranteed, swap: this.#swap?.unreserved ?? 0 })
  }

  get hasSwap(): boolean {
    return this.#swap !== null
  }

  get statistics(): HostMemoryStatistics {
    const { slots = 0, used = 0, reserved = 0, failures = 0 } = this.#swap?.statistics ?? {}
    const { memory, swap } = this.#control.unreserved
    return {
      state: this.#policy.level,
      swap: { size: slots * pageBytes, used: used * pageBytes, reserved: reserved * pageBytes, failures },
      sharing: this.#sharer?.statistics ?? null,
      unreserved: { memory: memory * pageBytes, swap: swap * pageBytes },
    }
  }

  /** Reserves what a machine is promised. @throws VmmError with numbers and the way out if the host cannot promise it. */
  admit(name: string, claim: MemoryClaim, hasFirmware: boolean): MemoryGrant {
    const overhead = hasFirmware ? firmwareOverheadPages : overheadPages
    const request = (min: number) => ({ min, max: claim.sizePages, overhead })
    const reservation = granted(name, this.#control.admit(request(claim.minPages)))
    const swap = this.#swap?.reserve(reservation.swap) ?? null
    return {
      swap,
      update: (limits) => {
        granted(name, reservation.change(request(limits.minPages)))
        // More may lie in swap than is to be reserved: then the right to it stays until that has come back.
        swap?.resize(Math.max(reservation.swap, swap.used))
        Object.assign(claim, limits)
        claim.targetPages = Math.min(claim.targetPages, claim.maxPages)
        this.#policy.changed()
      },
      release: () => {
        swap?.release()
        reservation.release()
      },
    }
  }

  add(vm: VirtualMachine, salt: string | undefined): void {
    const sharing = this.#sharer?.addClient({ pages: vm.pages, ...(salt !== undefined && { salt }) }) ?? null
    const tryShare = (ppn: number): boolean => {
      const outcome = sharing?.tryShare(ppn)
      return outcome === ShareOutcome.Merged || outcome === ShareOutcome.Zeroed
    }
    const client = vm.asPolicyClient(tryShare)
    this.#members.set(vm, { client, sharing })
    this.#policy.add(client)
  }

  remove(vm: VirtualMachine): void {
    const member = this.#members.get(vm)
    if (!member) return
    this.#members.delete(vm)
    this.#policy.remove(member.client)
    member.sharing?.remove()
  }

  /** How many pages of a machine were found to have their like elsewhere, and to be zero. */
  mergedOf(vm: VirtualMachine): { readonly merged: number; readonly zeroed: number } {
    return this.#members.get(vm)?.sharing?.statistics ?? nothingMerged
  }

  relieve(): boolean {
    return this.#policy.relieve()
  }

  /** Looks at the host as long as a machine runs: in turns of the event loop, and so between slices. */
  running(isRunning: boolean): void {
    this.#running += isRunning ? 1 : -1
    if (this.#running > 0) this.#timer ??= setTimeout(() => this.#look(), lookMs)
    else this.#stop()
  }

  /** Contradictions in what is counted of swap and of shared frames. */
  audit(): readonly string[] {
    return [...(this.#swap?.audit().contradictions ?? []), ...(this.#sharer?.contradictions() ?? [])]
  }

  /** Closes the swap space. Machines that have pages there cannot go on. */
  close(): void {
    this.#stop()
    this.#swap?.close()
  }

  #look(): void {
    const goesOn = this.#policy.look(this.#clock.nowNs())
    this.#timer = setTimeout(() => this.#look(), goesOn ? 0 : lookMs)
  }

  #stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

export interface HostMemoryParts {
  readonly clock: HostClock
  /** Numbers from 0 to below 1 that no guest can foresee. */
  readonly random: () => number
  readonly onLevel: (level: ReclaimLevel) => void
}

function sharerOf(
  frames: MachineMemory,
  sharing: boolean | SharingRates,
  clock: HostClock,
  random: () => number,
): PageSharer | null {
  if (sharing === false) return null
  const { pagesPerSecond, pagesPerSecondPerVm } = sharing === true ? ({} as SharingRates) : sharing
  return new PageSharer({
    frames,
    random,
    clock,
    ...(pagesPerSecond !== undefined && { pagesPerSecond }),
    ...(pagesPerSecondPerVm !== undefined && { pagesPerSecondPerClient: pagesPerSecondPerVm }),
  })
}

function granted(name: string, admission: Admission): Reservation {
  if (admission.admitted) return admission.reservation
  const { lacks, wanted, unreserved } = admission
  const [needs, has] = [wanted, unreserved].map((pages) => `${((pages * pageBytes) / mib).toFixed(1)} MiB`)
  const message =
    lacks === 'memory'
      ? `${name} is to be guaranteed ${needs} and the host can guarantee ${has}: lower its min, or give the host more memory`
      : `${name} needs ${needs} of swap for what it is not guaranteed (size less min), and ${has} are unreserved: raise its min, or give the host more swap`
  throw new VmmError('host-full', message)
}
