/** Bytes of one access as a device sees it. The bus splits 8-byte accesses into two of 4. */
export type AccessSize = 1 | 2 | 4

/** A device behind I/O ports. `port` is the absolute port number. */
export interface PortDevice {
  /** The widest access that the device takes; the bus splits wider ones, low port first. Default 4. */
  readonly portWidth?: AccessSize
  readPort(port: number, size: AccessSize): number
  writePort(port: number, size: AccessSize, value: number): void
}

/** A device behind physical addresses. `offset` counts from the attachment's base. */
export interface MmioDevice {
  /** The widest access that the device takes; the bus splits wider ones, low address first. Default 4. */
  readonly mmioWidth?: AccessSize
  readMmio(offset: number, size: AccessSize): number
  writeMmio(offset: number, size: AccessSize, value: number): void
}

/** What schedules a device's future. Times are nanoseconds of the machine's own clock. */
export interface Timers {
  nowNs(): number
  schedule(deadlineNs: number, callback: () => void): TimerHandle
}

export interface TimerHandle {
  cancel(): void
}

/** Time of day, in milliseconds since 1970-01-01T00:00:00 of the zone that the guest's clock chip shall keep. */
export interface WallClock {
  nowMs(): number
}

/** An interrupt (or other) line. The level is *assertion*, not voltage: an active-low wire is `true` when it is low. */
export type Line = (level: boolean) => void

/** What a vCPU sees of the interrupt controllers. */
export interface InterruptController {
  /** INTR: an interrupt waits to be acknowledged. */
  readonly pending: boolean
  /** The INTA cycle: takes the interrupt of the highest priority and returns its vector, 0..255. */
  acknowledge(): number
  /** Called when `pending` changes. Set by whoever owns the vCPU. */
  onChange: (pending: boolean) => void
}

/** A device whose whole state is plain data: numbers, booleans, strings, arrays and objects of those, null. */
export interface Stateful<State> {
  snapshot(): State
  /** The state is copied. Times in it belong to the clock of the snapshot, which the injected clock must continue. */
  restore(state: State): void
}

/** Guest physical memory for devices that reach it by themselves. False where there is no memory to read or write. */
export interface DmaMemory {
  read(physical: number, into: Uint8Array): boolean
  write(physical: number, from: Uint8Array): boolean
}
