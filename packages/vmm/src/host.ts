import {
  chunkMapBytes,
  Engine,
  addableFeatures,
  cpuModel,
  isCpuFeature,
  modelNames,
  vcpuBytes,
  type CpuFeature,
  type CpuModel,
  type EngineMode,
  type ModelName,
} from '@mica-vm/binary-translator'
import { FRAME_BYTES, MachineMemory, type MachineStatistics } from '@mica-vm/machine-memory'
import { VmmError } from './errors.ts'
import { runtimeClock } from './host-clock.ts'
import { HostMemory, nothingMerged, type HostMemoryStatistics, type MemoryGrant } from './host-memory.ts'
import { requireGuestMemory } from './internal/memory-layout.ts'
import { Listeners } from './internal/listeners.ts'
import { HostProcessor } from './internal/processor.ts'
import { randomSource } from './internal/random.ts'
import { turn } from './internal/turn.ts'
import type { ClockChoice, CpuName, HostClock, HostEvents, HostOptions, VmOptions } from './types.ts'
import { VirtualMachine, type VmParts } from './virtual-machine.ts'
import { claimOf, type Limits, type MemoryClaim } from './vm-memory.ts'

const wasmPage = 64 * 1024
const largestMemory = 2 ** 32
const mib = 2 ** 20
/** Address 0 belongs to nobody: zero is how the engine says "none". */
const firstVcpu = wasmPage
const smallestCache = mib

/** Processor models that can be named. */
export const CPU_MODELS: readonly ModelName[] = modelNames

/**
 * The machine that virtual machines share: its memory, and the engine with its translation cache.
 *
 * ```ts
 * const host = new Host({ memory: 256 * 2 ** 20 })
 * const vm = host.createVm({ memory: 64 * 2 ** 20, boot: { kernel } })
 * ```
 */
export class Host {
  readonly #memory: MachineMemory
  readonly #engine: Engine
  readonly #clock: HostClock
  readonly #processor: HostProcessor
  readonly #vms = new Set<VirtualMachine>()
  /** Null: machines take what they touch, until there is no more. */
  readonly #policy: HostMemory | null
  readonly #listeners = new Listeners<HostEvents>()
  /** Machines that got a name from the host, ever. */
  #named = 0
  /** State blocks that no machine has. */
  readonly #freeBases: number[]

  /** @throws VmmError when a size is out of its range. */
  constructor(options: HostOptions) {
    const { memory, translationCache = 64 * mib, maximumVms = 16, engine = 'auto', clock = runtimeClock } = options
    requireSize('memory', memory, wasmPage)
    requireSize('translationCache', translationCache, smallestCache)
    requireSize('maximumVms', maximumVms, 1)
    const vcpuStride = roundUp(vcpuBytes, wasmPage)
    const cacheStart = firstVcpu + maximumVms * vcpuStride
    const cacheBytes = roundUp(translationCache + chunkMapBytes(memory), wasmPage)
    const reservedBytes = cacheStart + cacheBytes
    // One frame more than asked for: the zero frame that untouched pages share.
    const bytes = reservedBytes + roundUp(memory + 4096, wasmPage)
    if (bytes > largestMemory) {
      const most = Math.floor((largestMemory - reservedBytes) / mib) - 1
      throw new VmmError(
        'bad-option',
        `memory is ${Math.ceil(memory / mib)} MiB; this host can have ${most} MiB at most`,
      )
    }
    this.#memory = allocate({ bytes, reservedBytes })
    this.#engine = new Engine({ memory: this.#memory.memory, cacheStart, cacheBytes, mode: requireMode(engine) })
    // Code that is cached of a frame goes before another page gets the frame.
    this.#memory.onFrameFreed((frame) => this.#engine.cache.invalidateFrame(frame * FRAME_BYTES))
    this.#clock = clock
    this.#processor = new HostProcessor(clock, turn)
    const source = randomSource(false)
    this.#policy = options.memoryPolicy
      ? new HostMemory(this.#memory, options.memoryPolicy, {
          clock,
          random: () => source.next() / 2 ** 32,
          onLevel: (state) => this.#listeners.emit('memory-state', { state }),
        })
      : null
    this.#freeBases = Array.from({ length: maximumVms }, (_, i) => firstVcpu + (maximumVms - 1 - i) * vcpuStride)
  }

  /** Frames of the host's memory: how many there are, are free, are in use. */
  get statistics(): MachineStatistics {
    return this.#memory.statistics
  }

  /** How short of memory the host is, and what its policy has done about it; null where it has none. */
  get memory(): HostMemoryStatistics | null {
    return this.#policy?.statistics ?? null
  }

  /**
   * Counts frames, pages, swap slots and shared frames from the ground, and says in words where the books differ: empty, if Mica has no
   * fault. It takes some milliseconds for each 100 MiB.
   */
  audit(): readonly string[] {
    return [...this.#memory.audit().contradictions, ...(this.#policy?.audit() ?? [])]
  }

  /** Adds a listener; returns the function that removes it. */
  on<Name extends keyof HostEvents>(name: Name, listener: (event: HostEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener)
  }

  /** Destroys all machines, and closes the swap space. */
  destroy(): void {
    for (const vm of this.#vms) vm.destroy()
    this.#policy?.close()
  }

  /** The machines that are not destroyed. */
  get vms(): readonly VirtualMachine[] {
    return [...this.#vms]
  }

  /**
   * Builds a machine and loads its boot source.
   * @throws VmmError when an option is out of its range or the host is full, FirmwareError when the image cannot be booted.
   */
  createVm(options: VmOptions): VirtualMachine {
    const memory = typeof options.memory === 'number' ? { size: options.memory } : options.memory
    requireGuestMemory(memory.size)
    const name = this.#nameOf(options.name)
    const claim = claimOf(memory, this.#policy?.hasSwap ? 0 : memory.size)
    if ((options.serial?.length ?? 1) > 4) throw new VmmError('bad-option', 'a PC has four serial ports at most')
    const model = requireModel(options.cpu ?? 'mica32')
    const clock = this.#clockOf(options.clock ?? 'real')
    const processor = this.#processor.join(options.cpuShares)
    if (this.#freeBases.length === 0)
      throw new VmmError('host-full', `the host has its ${this.#vms.size} machines: destroy one`)
    const hasFirmware = options.firmware !== undefined || options.boot === undefined
    const grant = this.#policy?.admit(name, claim, hasFirmware) ?? unlimited(claim)
    const base = this.#freeBases.pop()!
    const giveBack = (): void => {
      grant.release()
      this.#freeBases.push(base)
    }
    try {
      return this.#add(
        {
          options: { ...options, memory: memory.size },
          ...{ name, claim, base, model, clock, processor, swap: grant.swap, updateLimits: grant.update },
        },
        giveBack,
      )
    } catch (error) {
      giveBack()
      throw error
    }
  }

  #add(parts: OwnParts, giveBack: () => void): VirtualMachine {
    const vm: VirtualMachine = new VirtualMachine({
      ...parts,
      memory: this.#memory,
      engine: this.#engine,
      hostClock: this.#clock,
      relieve: () => this.#policy?.relieve() ?? false,
      merged: () => this.#policy?.mergedOf(vm) ?? nothingMerged,
      onRunning: (isRunning) => this.#policy?.running(isRunning),
      onDestroying: () => this.#policy?.remove(vm),
      onDestroy: () => {
        this.#vms.delete(vm)
        giveBack()
      },
    })
    this.#vms.add(vm)
    this.#policy?.add(vm, parts.options.salt)
    return vm
  }

  #nameOf(wanted: string | undefined): string {
    const isTaken = (name: string): boolean => [...this.#vms].some((vm) => vm.name === name)
    if (wanted === undefined) {
      do this.#named++
      while (isTaken(`vm${this.#named}`))
      return `vm${this.#named}`
    }
    if (wanted === '' || isTaken(wanted))
      throw new VmmError(
        'bad-option',
        `name is ${JSON.stringify(wanted)}; must be a text that no other machine of this host has`,
      )
    return wanted
  }

  /** Null: the instructions clock. */
  #clockOf(choice: ClockChoice): HostClock | null {
    if (choice === 'real') return this.#clock
    if (choice === 'instructions') return null
    if (typeof choice === 'object') return choice
    throw new VmmError('bad-option', `clock is ${String(choice)}; must be real, instructions or a clock`)
  }
}

/** What a host chooses for each machine by itself. */
type OwnParts = Omit<
  VmParts,
  'memory' | 'engine' | 'hostClock' | 'relieve' | 'merged' | 'onRunning' | 'onDestroying' | 'onDestroy'
>

/** A host without a policy promises nothing, and limits nobody. */
function unlimited(claim: MemoryClaim): MemoryGrant {
  const update = (limits: Limits): void => {
    Object.assign(claim, limits)
    claim.targetPages = claim.maxPages
  }
  return { swap: null, update, release: () => undefined }
}

/** The model of `cpu`: a name, and what is to be added to it, as in `x86-64-v2,+aes,+rdrand`. */
function requireModel(cpu: CpuName | CpuModel): CpuModel {
  if (typeof cpu === 'object') return cpu
  const [name, ...added] = String(cpu).split(',')
  const model = CPU_MODELS.find((known) => known === name)
  if (model === undefined) throw new VmmError('bad-option', `cpu is ${name}; must be one of ${CPU_MODELS.join(', ')}`)
  return cpuModel(model, [...partsOfMachine(model), ...added.map(requireFeature)])
}

/**
 * The PC's local APIC, which the models before MSR-based APICs do not announce: SDM vol. 3, section 10.4.2. With deadlines of the
 * time-stamp counter guests need not find out for a tenth of a second how fast its timer counts. They come with SSE2, since
 * software orders its writes to the APIC and the deadline by MFENCE: SDM vol. 3, section 10.5.4.1.
 */
function partsOfMachine(model: ModelName): readonly CpuFeature[] {
  if (model === '486' || model === 'pentium') return []
  return model === 'x86-64-v2' ? ['APIC', 'TSC_DEADLINE'] : ['APIC']
}

function requireFeature(text: string): CpuFeature {
  const feature = text.slice(1).toUpperCase()
  if (text.startsWith('+') && isCpuFeature(feature) && addableFeatures.includes(feature)) return feature
  const known = addableFeatures.map((name) => name.toLowerCase()).join(', ')
  throw new VmmError('bad-option', `cpu adds ${text}; must be + and one of ${known}`)
}

function requireMode(mode: EngineMode): EngineMode {
  if (['auto', 'interpreter', 'translator'].includes(mode)) return mode
  throw new VmmError('bad-option', `engine is ${String(mode)}; must be auto, interpreter or translator`)
}

function requireSize(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return
  throw new VmmError('bad-option', `${name} is ${value}; must be an integer from ${least} on`)
}

function roundUp(bytes: number, unit: number): number {
  return Math.ceil(bytes / unit) * unit
}

/** Address space is what a runtime may lack, even though memory is taken only when touched. */
function allocate(sizes: { bytes: number; reservedBytes: number }): MachineMemory {
  try {
    return new MachineMemory(sizes)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new VmmError(
      'host-full',
      `no room for a memory of ${Math.ceil(sizes.bytes / mib)} MiB (${why}): ask for less`,
    )
  }
}
