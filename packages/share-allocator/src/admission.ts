import { requireNatural } from './internal/require.ts'

/** What a client asks for, in pages. */
export interface AdmissionRequest {
  /** Guaranteed to it. */
  readonly min: number
  /** What it can use at most. */
  readonly max: number
  /** What its host needs for it beside: page tables, buffers, caches. Default 0. */
  readonly overhead?: number
}

export interface AdmissionResources {
  /** Pages of memory that can be guaranteed, to all clients together. */
  readonly memory: number
  /** Pages of swap space. */
  readonly swap: number
}

export type Admission =
  | { readonly admitted: true; readonly reservation: Reservation }
  | {
      readonly admitted: false
      /** What there is too little of. */
      readonly lacks: 'memory' | 'swap'
      /** Pages asked for, and pages that are unreserved. */
      readonly wanted: number
      readonly unreserved: number
      /** The same, in words. */
      readonly message: string
    }

/** What was reserved for an admitted client. */
export interface Reservation {
  readonly memory: number
  readonly swap: number
  /** Asks for other amounts in place of these. If they are refused, these stay. */
  change(request: AdmissionRequest): Admission
  /** Gives everything back, for good. A second call does nothing. */
  release(): void
}

/**
 * Lets a client in only if its guarantee can be kept whatever the others do: `min` and overhead must be unreserved memory, and `max - min`
 * unreserved swap space, where all that is not guaranteed has room.
 *
 * ```ts
 * const control = new AdmissionControl({ memory: 65536, swap: 131072 })
 * const admission = control.admit({ min: 16384, max: 65536, overhead: 512 })
 * if (!admission.admitted) throw new Error(admission.message)
 * ```
 */
export class AdmissionControl {
  readonly #resources: AdmissionResources
  #memory = 0
  #swap = 0

  constructor(resources: AdmissionResources) {
    requireNatural('memory', resources.memory)
    requireNatural('swap', resources.swap)
    this.#resources = { memory: resources.memory, swap: resources.swap }
  }

  /** Pages that the next client can be guaranteed. */
  get unreserved(): AdmissionResources {
    return { memory: this.#resources.memory - this.#memory, swap: this.#resources.swap - this.#swap }
  }

  admit(request: AdmissionRequest): Admission {
    let held = NOTHING
    let isReleased = false
    const hold = (amounts: AdmissionResources): void => {
      this.#memory += amounts.memory - held.memory
      this.#swap += amounts.swap - held.swap
      held = amounts
    }
    const ask = (asked: AdmissionRequest): Admission => {
      if (isReleased) throw new Error('the reservation has been released; ask for a new one with admit')
      const wanted = amountsOf(asked)
      const refused = this.#refusalOf(asked, wanted, held)
      if (refused) return refused
      hold(wanted)
      return { admitted: true, reservation }
    }
    const reservation: Reservation = {
      get memory() {
        return held.memory
      },
      get swap() {
        return held.swap
      },
      change: ask,
      release() {
        hold(NOTHING)
        isReleased = true
      },
    }
    return ask(request)
  }

  /** Why there is not enough for `wanted` in place of `held`, or null. */
  #refusalOf(
    { min, max, overhead = 0 }: AdmissionRequest,
    wanted: AdmissionResources,
    held: AdmissionResources,
  ): Admission | null {
    const { memory, swap } = this.unreserved
    if (wanted.memory > memory + held.memory)
      return refusal('memory', `${min} guaranteed and ${overhead} of overhead`, wanted.memory, memory + held.memory)
    if (wanted.swap > swap + held.swap)
      return refusal('swap', `${max} at most less ${min} guaranteed`, wanted.swap, swap + held.swap)
    return null
  }
}

const NOTHING: AdmissionResources = { memory: 0, swap: 0 }

function amountsOf({ min, max, overhead = 0 }: AdmissionRequest): AdmissionResources {
  requireNatural('min', min)
  requireNatural('max', max)
  requireNatural('overhead', overhead)
  if (min > max) throw new RangeError(`min is ${min}; must be at most max, which is ${max}`)
  return { memory: min + overhead, swap: max - min }
}

function refusal(lacks: 'memory' | 'swap', what: string, wanted: number, unreserved: number): Admission {
  const message = `${wanted} pages of ${lacks} are needed (${what}); ${unreserved} are unreserved`
  return { admitted: false, lacks, wanted, unreserved, message }
}
