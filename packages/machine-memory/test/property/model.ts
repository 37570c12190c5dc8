import { FRAME_BYTES, PageState } from '../../src/index.ts'

/** Contents in the reference model: an object of its own, shared by whoever refers to it. Bytes that are not listed are zero. */
export interface Bytes {
  readonly bytes: Map<number, number>
}
export type Frame = Bytes
export interface Slot extends Bytes {
  /** The store has not kept what it was given. */
  readonly isDamaged: boolean
}

export type Holding =
  | { readonly is: 'nothing' | 'zero' | 'ballooned' }
  | { readonly is: 'frame'; readonly frame: Frame; readonly kept?: Slot }
  | { readonly is: 'slot'; readonly slot: Slot }

/** Undefined: a hole. */
export interface ModelPage {
  readonly kind: 'ram' | 'rom'
  readonly holds: Holding
}

export interface ModelReservation {
  readonly pages: number
}

/** What a map should be: page number to holding, and nothing about how frames and slots are found, counted or reused. */
export class ModelMap {
  readonly pages: Map<number, ModelPage>
  readonly reservation: ModelReservation
  /** Pages whose contents may have changed since the log was asked. */
  readonly dirty: Set<number> = new Set()

  constructor(reservation: ModelReservation, pages: Iterable<readonly [number, ModelPage]>) {
    this.reservation = reservation
    this.pages = new Map(pages)
  }

  page(ppn: number): ModelPage | undefined {
    return this.pages.get(ppn)
  }

  holding(ppn: number): Holding {
    return this.pages.get(ppn)?.holds ?? nothing
  }

  /** Only a memory page can hold anything. */
  hold(ppn: number, holds: Holding): void {
    this.pages.set(ppn, { kind: this.pages.get(ppn)!.kind, holds })
  }

  frame(ppn: number): Frame | undefined {
    const holds = this.holding(ppn)
    return holds.is === 'frame' ? holds.frame : undefined
  }

  /** Contents are dropped. */
  drop(ppn: number, holds: Holding): void {
    const { is } = this.holding(ppn)
    if (is === 'frame' || is === 'slot') this.dirty.add(ppn)
    this.hold(ppn, holds)
  }

  stateOf(ppn: number): PageState {
    return this.page(ppn) ? STATES[this.holding(ppn).is] : PageState.Hole
  }
}

const STATES = {
  nothing: PageState.Untouched,
  zero: PageState.Untouched,
  ballooned: PageState.Ballooned,
  frame: PageState.Resident,
  slot: PageState.Swapped,
}

export const nothing: Holding = { is: 'nothing' }

/** What the store does: `lying` says that it has written, and has written something else. */
export type StoreMode = 'works' | 'full' | 'lost' | 'lying'

/** All maps of a host and the frames that the host's own code holds. References are counted by looking for them. */
export class Model {
  readonly maps: ModelMap[] = []
  readonly lent: Frame[] = []
  store: StoreMode = 'works'
  readonly #frames: number
  readonly #slots: number

  /** Frames and slots that there are. */
  constructor(frames: number, slots: number) {
    this.#frames = frames
    this.#slots = slots
  }

  /** All holdings. */
  *holdings(maps: readonly ModelMap[] = this.maps): Iterable<Holding> {
    for (const map of maps) for (const page of map.pages.values()) yield page.holds
  }

  references(frame: Frame): number {
    let count = this.lent.filter((other) => other === frame).length
    for (const holds of this.holdings()) if (holds.is === 'frame' && holds.frame === frame) count++
    return count
  }

  frames(): Set<Frame> {
    const found = new Set(this.lent)
    for (const holds of this.holdings()) if (holds.is === 'frame') found.add(holds.frame)
    return found
  }

  get hasFreeFrame(): boolean {
    return this.frames().size < this.#frames
  }

  slots(): Set<Slot> {
    const found = new Set<Slot>()
    for (const holds of this.holdings()) for (const slot of slotsOf(holds)) found.add(slot)
    return found
  }

  /** References to slots that the maps of a reservation hold. */
  used(reservation: ModelReservation): number {
    let count = 0
    for (const holds of this.holdings(this.maps.filter((map) => map.reservation === reservation)))
      count += slotsOf(holds).length
    return count
  }

  /** Slots whose contents are in frames, too, go where a reservation has no room. */
  hasRoom(reservation: ModelReservation, count: number): boolean {
    if (this.used(reservation) + count <= reservation.pages) return true
    for (const map of this.maps)
      if (map.reservation === reservation)
        for (const [ppn, { holds }] of map.pages)
          if (holds.is === 'frame') map.hold(ppn, { is: 'frame', frame: holds.frame })
    return this.used(reservation) + count <= reservation.pages
  }

  isReadable(slot: Slot): boolean {
    return this.store !== 'lost' && !slot.isDamaged
  }

  /** A slot with these bytes; undefined if it cannot be had. */
  save(map: ModelMap, bytes: ReadonlyMap<number, number>, isOverdrawn: boolean): Slot | undefined {
    if (!isOverdrawn && !this.hasRoom(map.reservation, 1 + this.#stagedAnew)) return undefined
    if (this.slots().size + this.staged.length === this.#slots) return undefined
    if (this.store === 'full' || this.store === 'lost') return undefined
    return { bytes: new Map(bytes), isDamaged: this.store === 'lying' }
  }

  /** Slots that a write has taken and no page has yet. */
  readonly staged: Slot[] = []
  /** How many of them are for pages that have no other slot to give up. */
  #stagedAnew = 0

  /** A read by the guest's processor; false if it must wait. */
  readIn(map: ModelMap, ppn: number): boolean {
    const holds = map.holding(ppn)
    if (holds.is === 'ballooned') map.hold(ppn, nothing)
    if (holds.is !== 'slot') return true
    if (!this.hasFreeFrame || !this.isReadable(holds.slot)) return false
    map.hold(ppn, { is: 'frame', frame: { bytes: new Map(holds.slot.bytes) }, kept: holds.slot })
    return true
  }

  /** The page's own frame, made if need be; undefined if it cannot be had. */
  makePrivate(map: ModelMap, ppn: number): Frame | undefined {
    if (!this.readIn(map, ppn)) return undefined
    const old = map.frame(ppn)
    if (old && this.references(old) === 1) map.hold(ppn, { is: 'frame', frame: old })
    else {
      if (!this.hasFreeFrame) return undefined
      map.hold(ppn, { is: 'frame', frame: { bytes: new Map(old?.bytes) } })
    }
    map.dirty.add(ppn)
    return map.frame(ppn)
  }

  /** Stores bytes as a device does, through swap where no frame is to be had; or answers false and changes no contents. */
  write(map: ModelMap, address: number, bytes: Uint8Array, asHost: boolean): boolean {
    const ppns = [...new Set(Array.from(bytes, (_, i) => Math.floor((address + i) / FRAME_BYTES)))]
    for (const ppn of ppns) {
      const kind = map.page(ppn)?.kind ?? 'hole'
      if (kind === 'hole' || (kind === 'rom' && !asHost)) return false
    }
    const places = new Map<number, Bytes>()
    for (const ppn of ppns) {
      const wasBallooned = map.holding(ppn).is === 'ballooned'
      const frame = this.makePrivate(map, ppn)
      if (!frame && wasBallooned) map.hold(ppn, { is: 'ballooned' })
      const place = frame ?? this.#stage(map, ppn)
      if (!place) {
        this.#unstage()
        return false
      }
      places.set(ppn, place)
    }
    for (const [ppn, place] of places)
      if (this.staged.includes(place as Slot)) {
        map.hold(ppn, { is: 'slot', slot: place as Slot })
        map.dirty.add(ppn)
      }
    this.#unstage()
    bytes.forEach((byte, i) =>
      places.get(Math.floor((address + i) / FRAME_BYTES))!.bytes.set((address + i) % FRAME_BYTES, byte),
    )
    return true
  }

  #stage(map: ModelMap, ppn: number): Slot | undefined {
    const holds = map.holding(ppn)
    if (holds.is === 'slot' && !this.isReadable(holds.slot)) return undefined
    const slot = this.save(map, this.contents(holds), holds.is === 'slot')
    if (slot) this.staged.push(slot)
    if (slot && holds.is !== 'slot') this.#stagedAnew++
    return slot
  }

  #unstage(): void {
    this.staged.length = 0
    this.#stagedAnew = 0
  }

  contents(holds: Holding): ReadonlyMap<number, number> {
    if (holds.is === 'frame') return holds.frame.bytes
    return holds.is === 'slot' ? holds.slot.bytes : new Map()
  }

  /** What a device reads, page by page as far as it comes; null if that is not far enough. */
  read(map: ModelMap, address: number, length: number): number[] | null {
    const addresses = Array.from({ length }, (_, i) => address + i)
    if (addresses.some((at) => !map.page(Math.floor(at / FRAME_BYTES)))) return null
    const bytes: number[] = []
    for (const at of addresses) {
      const byte = this.byte(map, at)
      if (byte < 0) return null
      bytes.push(byte)
    }
    return bytes
  }

  /** What a device reads, or -1. */
  byte(map: ModelMap, address: number): number {
    const ppn = Math.floor(address / FRAME_BYTES)
    if (!map.page(ppn)) return -1
    this.readIn(map, ppn)
    const holds = map.holding(ppn)
    if (holds.is === 'slot' && !this.isReadable(holds.slot)) return -1
    return this.contents(holds).get(address % FRAME_BYTES) ?? 0
  }

  swapOut(map: ModelMap, ppn: number): string {
    const holds = map.holding(ppn)
    if (holds.is !== 'frame') return 'not-resident'
    const slot = holds.kept ?? this.save(map, holds.frame.bytes, false)
    if (slot) map.hold(ppn, { is: 'slot', slot })
    if (slot) return 'swapped'
    return this.store === 'lost' && this.hasRoom(map.reservation, 1) ? 'failed' : 'full'
  }
}

function slotsOf(holds: Holding): readonly Slot[] {
  if (holds.is === 'slot') return [holds.slot]
  return holds.is === 'frame' && holds.kept ? [holds.kept] : []
}
