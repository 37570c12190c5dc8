import { Dor, Msr, St3 } from './registers.ts'
import type { I82077State } from './state.ts'

export function initialState(drives: number): I82077State {
  return {
    dor: Dor.NOT_RESET | Dor.DMA_GATE,
    tdr: 0,
    ccr: 2,
    drives: Array.from({ length: drives }, () => ({ cylinder: 0, changed: true })),
    command: [],
    result: [],
    sector: [],
    position: 0,
    phase: 'command',
    pending: [],
    interrupt: false,
    specify: [0, 0],
    configure: [0, 0, 0],
    perpendicular: 0,
    locked: false,
  }
}

export function mainStatus({ phase, command, dor }: I82077State): number {
  if (!(dor & Dor.NOT_RESET)) return 0
  if (phase === 'result') return Msr.RQM | Msr.DIO | Msr.BUSY
  if (phase === 'to-host') return Msr.RQM | Msr.DIO | Msr.NDM | Msr.BUSY
  if (phase === 'from-host') return Msr.RQM | Msr.NDM | Msr.BUSY
  return Msr.RQM | (command.length > 0 ? Msr.BUSY : 0)
}

/** Status register 3 of the drive that `select` names. */
export function driveStatus({ drives }: I82077State, select: number, readOnly: boolean): number {
  const status = (select & 7) | St3.READY | St3.TWO_SIDES
  return status | (readOnly ? St3.WRITE_PROTECTED : 0) | (drives[select & 3]?.cylinder === 0 ? St3.TRACK_0 : 0)
}

/** The ten bytes of DUMPREG. */
export function dumpedRegisters({ drives, specify, locked, perpendicular, configure }: I82077State): number[] {
  const cylinders = [0, 1, 2, 3].map((i) => drives[i]?.cylinder ?? 0)
  return [...cylinders, ...specify, 0, (locked ? 0x80 : 0) | (perpendicular & 0x7f), configure[1], configure[2]]
}
