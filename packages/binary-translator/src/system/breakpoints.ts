import type { CpuState } from '../state/cpu-state.ts'
import { Layout } from '../state/layout.ts'

/** DR6 bits besides the four that name a breakpoint. SDM vol. 3, section 17.2.3. */
export const DebugStatus = {
  /** BD: a debug register was touched while DR7.GD guarded them. */
  Guard: 0x2000,
  /** BS: EFLAGS.TF. */
  Step: 0x4000,
  /** BT: the T bit of a TSS. */
  Task: 0x8000,
} as const

/** DR7.R/W. SDM vol. 3, section 17.2.4. */
const Kind = { Execute: 0, Write: 1, Port: 2, Access: 3 } as const

const registers = 4
/** Bytes by DR7.LEN; eight are there since processors have them in every mode. */
const lengths: readonly number[] = [1, 2, 8, 4]

const debugExtensions = 0x008
const pageMask = 0xffff_f000

/** Whether two runs of bytes, which may wrap at 4 GiB, have a byte in common. */
const overlap = (start: number, length: number, other: number, size: number): boolean =>
  (other - start) >>> 0 < length || (start - other) >>> 0 < size

/**
 * The breakpoints of DR0 to DR3. Nothing asks them while `armed` is false. Pages with an enabled breakpoint are kept out
 * of the soft TLB, so that each access there is seen here, and nothing else becomes slower.
 */
export class Breakpoints {
  /** Some breakpoint is enabled. */
  armed = false
  /** DR6 bits of the traps that the instruction under way has met. */
  hits = 0
  /** Pages with enabled data breakpoints, and with instruction breakpoints. */
  readonly dataPages: number[] = []
  readonly codePages: number[] = []
  readonly #starts = new Uint32Array(registers)
  readonly #lengths = new Uint8Array(registers)
  readonly #kinds = new Uint8Array(registers)
  #enabled = 0
  #ports = false

  /** Takes over the debug registers. */
  load(state: CpuState): void {
    const control = state.get(Layout.debug + 7 * 8)
    this.#ports = (state.get(Layout.cr4) & debugExtensions) !== 0
    this.#enabled = 0
    this.dataPages.length = 0
    this.codePages.length = 0
    for (let i = 0; i < registers; i++) {
      const field = control >>> (16 + 4 * i)
      const kind = field & 3
      const length = kind === Kind.Execute ? 1 : lengths[(field >>> 2) & 3]!
      // The register's low bits do not count where the length makes them. SDM vol. 3, section 17.2.5.
      const start = (state.get(Layout.debug + i * 8) & -length) >>> 0
      this.#kinds[i] = kind
      this.#lengths[i] = length
      this.#starts[i] = start
      if ((control >>> (2 * i)) & 3) this.#enable(i, kind, start)
    }
    this.armed = this.#enabled !== 0
  }

  #enable(index: number, kind: number, start: number): void {
    this.#enabled |= 1 << index
    const page = (start & pageMask) >>> 0
    if (kind === Kind.Execute) this.codePages.push(page)
    else if (kind !== Kind.Port) this.dataPages.push(page)
  }

  /** Whether code in the page of `linear` has to run one instruction at a time. */
  guardsCode(linear: number): boolean {
    return this.codePages.includes((linear & pageMask) >>> 0)
  }

  /** DR6 bits of the breakpoints that the instruction at `linear` meets, 0 unless one of them is enabled. */
  at(linear: number): number {
    let bits = 0
    for (let i = 0; i < registers; i++) {
      if (this.#kinds[i] === Kind.Execute && this.#starts[i] === linear) bits |= 1 << i
    }
    return this.#effective(bits)
  }

  /** DR6 bits for a data access. */
  access(linear: number, size: number, write: boolean): number {
    let bits = 0
    for (let i = 0; i < registers; i++) {
      const kind = this.#kinds[i]!
      if (kind !== Kind.Access && !(kind === Kind.Write && write)) continue
      if (overlap(this.#starts[i]!, this.#lengths[i]!, linear, size)) bits |= 1 << i
    }
    return this.#effective(bits)
  }

  /** Notes an access to `size` I/O ports, which traps with CR4.DE. */
  port(port: number, size: number): void {
    if (!this.armed || !this.#ports) return
    let bits = 0
    for (let i = 0; i < registers; i++) {
      if (this.#kinds[i] !== Kind.Port) continue
      if (overlap(this.#starts[i]!, this.#lengths[i]!, port, size)) bits |= 1 << i
    }
    this.hits |= this.#effective(bits)
  }

  /** The traps met since the last call. */
  take(): number {
    const { hits } = this
    this.hits = 0
    return hits
  }

  /** A debug exception also reports breakpoints that are met and not enabled; they cause none. SDM vol. 3, section 17.2.3. */
  #effective(bits: number): number {
    return bits & this.#enabled ? bits : 0
  }
}
