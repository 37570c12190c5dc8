import { Access, Mode } from './registers.ts'

/** One counter. Ticks are CLK pulses since time 0. */
export interface CounterState {
  /** The tick that the rest of the state is true for. */
  tick: number
  mode: number
  bcd: boolean
  access: number
  gate: boolean
  out: boolean
  /** CR: the count that the next load takes, 1..65536 (1..10000 in BCD). */
  reload: number
  /** A count was written since the control word. */
  programmed: boolean
  /** CE has been loaded since the control word. */
  loaded: boolean
  /** The next CLK pulse loads CE from CR. */
  loadPending: boolean
  /** Modes 0, 1, 4, 5: the terminal count is still to come. */
  armed: boolean
  /** CE: the counting element. In mode 3 pulses left in this half of the wave. */
  count: number
  /** The count that CE was loaded from. */
  loadedCount: number
  nullCount: boolean
  /** First byte of a two-byte count, -1 when none waits. */
  lowByte: number
  /** Reading both bytes: the next one is the high byte. */
  readHigh: boolean
  /** Latched count, -1 when none. */
  latchedCount: number
  /** Latched status, -1 when none. */
  latchedStatus: number
}

export interface I8254State {
  counters: [CounterState, CounterState, CounterState]
  /** When OUT of counter 0 was last seen to rise, null if never. */
  lastEdgeNs: number | null
}

export function initialCounterState(gate: boolean): CounterState {
  return {
    tick: 0,
    mode: Mode.InterruptOnTerminalCount,
    bcd: false,
    access: Access.LeastThenMost,
    gate,
    out: false,
    reload: 0x10000,
    programmed: false,
    loaded: false,
    loadPending: false,
    armed: false,
    count: 0,
    loadedCount: 0,
    nullCount: true,
    lowByte: -1,
    readHigh: false,
    latchedCount: -1,
    latchedStatus: -1,
  }
}
