import type { InterruptController } from '../types.ts'

/** The part of a local APIC that decides what reaches the CPU. */
export interface LocalInterrupts {
  /** A fixed interrupt of sufficient priority waits. */
  readonly pending: boolean
  /** ExtINT from the PIC gets through: LINT0 is set up for it, or the APIC is off. */
  readonly acceptsPic: boolean
  /** A message of mode ExtINT waits: its vector is the PIC's, however LINT0 is set up. */
  readonly externalPending: boolean
  takeExternal(): void
  acknowledge(): number
  /** The PIC's INTR is wired to LINT0. */
  setLint(pin: 0 | 1, level: boolean): void
  onChange: () => void
}

/** INTR and INTA of one CPU: its local APIC's interrupts first, then the PIC's through LINT0. */
export class CpuInterrupts implements InterruptController {
  onChange: (pending: boolean) => void = () => {}
  readonly #pic: InterruptController
  readonly #local: LocalInterrupts | undefined
  #pending = false

  constructor(pic: InterruptController, local?: LocalInterrupts) {
    this.#pic = pic
    this.#local = local
    pic.onChange = (level) => {
      local?.setLint(0, level)
      this.#update()
    }
    if (local) local.onChange = () => this.#update()
  }

  get pending(): boolean {
    return this.#pending
  }

  /** With nothing pending the answer is a spurious vector: the local APIC's, or the PIC's if its INTR reaches the CPU. */
  acknowledge(): number {
    const vector = this.#vector()
    this.#update()
    return vector
  }

  #vector(): number {
    const local = this.#local
    if (local === undefined) return this.#pic.acknowledge()
    const isExternal = !local.pending && local.externalPending
    if (isExternal) local.takeExternal()
    return isExternal || (!local.pending && local.acceptsPic) ? this.#pic.acknowledge() : local.acknowledge()
  }

  #isPending(): boolean {
    const local = this.#local
    if (local === undefined) return this.#pic.pending
    return local.pending || local.externalPending || (local.acceptsPic && this.#pic.pending)
  }

  #update(): void {
    const pending = this.#isPending()
    if (pending === this.#pending) return
    this.#pending = pending
    this.onChange(pending)
  }
}
