import { Instruction } from '@mica-vm/x86-decoder'
import { DecodedUnit, decodeOne } from './decode-unit.ts'
import type { ShapeTable } from './emit/described.ts'
import { AccessFailure } from './slow-memory.ts'
import type { CpuState } from './state/cpu-state.ts'
import { Layout, Mode, Segment } from './state/layout.ts'
import { Vector } from './system/guest-fault.ts'
import { MmuOutcome, type IoSpace, type Mmu } from './types.ts'

const pageBytes = 4096
const longest = 15

/** Fetches and decodes the single instruction at RIP, wherever it lies: across pages, in device memory, at a limit. */
export class DecodedCode {
  readonly #state: CpuState
  readonly #mmu: Mmu
  readonly #io: IoSpace
  readonly #buffer = new Uint8Array(longest)
  readonly #instruction = new Instruction()
  /** The instruction found by `at`, as a unit of its own. */
  readonly unit: DecodedUnit
  /** Host address of the start of the second page that the instruction reaches into; -1: none, or no memory. */
  secondHost = -1
  failure: AccessFailure = AccessFailure.None
  vector = 0
  errorCode = 0

  constructor(state: CpuState, mmu: Mmu, io: IoSpace, shapes: ShapeTable) {
    this.unit = new DecodedUnit(shapes)
    this.#state = state
    this.#mmu = mmu
    this.#io = io
  }

  /** Decodes at RIP into `unit`; false when the fetch failed, see `failure`. */
  at(): boolean {
    const state = this.#state
    const mode = state.get(Layout.mode)
    const linear = (state.segmentBase(Segment.CS) + state.eip) >>> 0
    const offset = linear & 0xfff
    const room = Math.min(longest, state.limit(Segment.CS) - state.eip + 1)
    this.secondHost = -1
    const first = Math.min(room, pageBytes - offset)
    if (room <= 0) return this.#fault(Vector.GP, 0)
    if (!this.#copy(linear, 0, first, mode)) return false
    let found = decodeOne(this.#buffer, 0, first, mode, this.#instruction)
    if (!found && first < room) {
      const second = (linear + first) >>> 0
      if (!this.#copy(second, first, room - first, mode)) return false
      found = decodeOne(this.#buffer, 0, room, mode, this.#instruction)
    }
    // Bytes beyond the limit would be needed: #GP. SDM vol. 3, section 5.3.
    if (!found) return this.#fault(Vector.GP, 0)
    this.unit.single(this.#instruction, offset, mode)
    return true
  }

  /** Copies `count` bytes of one page to the buffer. */
  #copy(linear: number, to: number, count: number, mode: number): boolean {
    const outcome = this.#mmu.access(linear, 2, mode & Mode.user ? 1 : 0)
    if (outcome === MmuOutcome.Direct) {
      const host = this.#mmu.host
      for (let i = 0; i < count; i++) this.#buffer[to + i] = this.#state.u8[host + i]!
      if (to > 0) this.secondHost = host
      return true
    }
    if (outcome === MmuOutcome.Device) {
      const physical = this.#mmu.physical
      for (let i = 0; i < count; i++) this.#buffer[to + i] = this.#io.readMmio(physical + i, 1)
      return true
    }
    if (outcome === MmuOutcome.Fault) {
      this.#state.set(Layout.cr2, linear)
      this.#fault(Vector.PF, this.#mmu.errorCode)
    } else this.failure = AccessFailure.OutOfMemory
    return false
  }

  #fault(vector: number, errorCode: number): false {
    this.failure = AccessFailure.Fault
    this.vector = vector
    this.errorCode = errorCode
    return false
  }
}
