import type { InterruptController } from '../types.ts'

/** The part of a local APIC that decides what reaches the CPU. */
export interface LocalInterrupts {
  /** A fixed interrupt of sufficient priority waits. */
  readonly pending: boolean
  /** ExtINT from the PIC gets through: LINT0 is set up for it, or the APIC is off. */
  readonly acceptsPic: boolean
  acknowledge(): number
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
    pic.onChange = () => this.#update()
    if (local) local.onChange = () => this.#update()
  }

  get pending(): boolean {
    return this.#pending
  }

  acknowledge(): number {
    const vector = this.#local?.pending ? this.#local.acknowledge() : this.#acknowledgePic()
    this.#update()
    return vector
  }

  /** With nothing pending anywhere the PIC answers as it does to any INTA: with its spurious vector. */
  #acknowledgePic(): number {
    return this.#pic.acknowledge()
  }

  #update(): void {
    const local = this.#local
    const pending = local ? local.pending || (local.acceptsPic && this.#pic.pending) : this.#pic.pending
    if (pending === this.#pending) return
    this.#pending = pending
    this.onChange(pending)
  }
}
