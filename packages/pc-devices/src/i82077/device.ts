import { copyOf } from '../internal/copy.ts'
import type { I8237 } from '../i8237/device.ts'
import { storeCan, type BlockStore } from '../ide/block-store.ts'
import { NO_LINE } from '../line.ts'
import type { AccessSize, Line, PortDevice, Stateful } from '../types.ts'
import type { FloppyGeometry } from './geometry.ts'
import {
  Command,
  COMMAND_BYTES,
  DISK_CHANGE,
  Dor,
  Dsr,
  FLOPPY_DMA,
  IMPLIED_SEEK,
  MULTI_TRACK,
  Port,
  St0,
  St1,
  St2,
  VERSION_82077,
} from './registers.ts'
import { isWrite, medium, operation, SECTOR_BYTES, type Medium } from './medium.ts'
import type { I82077State } from './state.ts'
import { driveStatus, dumpedRegisters, initialState, mainStatus } from './status.ts'

export interface I82077Options {
  dma: Pick<I8237, 'transfer'>
  irq?: Line
  /** Drives A and B: a diskette, null for an empty drive; past the list there is no drive. */
  drives: readonly (BlockStore | null)[]
}

/** Floppy disk controller. Operations take no time. */
export class I82077 implements PortDevice, Stateful<I82077State> {
  readonly portWidth = 1
  readonly #dma: Pick<I8237, 'transfer'>
  readonly #irq: Line
  readonly #media: (Medium | null)[]
  #state: I82077State

  constructor({ dma, irq = NO_LINE, drives }: I82077Options) {
    if (drives.length > 2) throw new RangeError(`there are 2 floppy drives at most, got ${drives.length}`)
    this.#dma = dma
    this.#irq = irq
    this.#media = drives.map(medium)
    this.#state = initialState(this.#media.length)
  }

  /** Puts a diskette in, or takes it out (null); the disk change line tells. */
  insert(drive: number, store: BlockStore | null): void {
    if (!(drive >= 0 && drive < this.#media.length)) throw new RangeError(`there is no drive ${drive}`)
    this.#media[drive] = medium(store)
    this.#state.drives[drive]!.changed = true
  }

  readPort(port: number): number {
    const state = this.#state
    switch (port) {
      case Port.SRA:
        return state.interrupt ? 0x80 : 0
      case Port.DOR:
        return state.dor
      case Port.TDR:
        return state.tdr
      case Port.MSR_DSR:
        return mainStatus(state)
      case Port.FIFO:
        return this.#readFifo()
      case Port.DIR_CCR:
        return (state.drives[state.dor & Dor.DRIVE]?.changed ?? true) ? DISK_CHANGE : 0
      default:
        return 0
    }
  }

  writePort(port: number, _size: AccessSize, value: number): void {
    const state = this.#state
    if (port === Port.DOR) {
      const released = (value & ~state.dor & Dor.NOT_RESET) !== 0
      state.dor = value
      if (!(value & Dor.NOT_RESET)) this.#softReset(false)
      else if (released) this.#softReset(true)
      this.#drive()
    } else if (port === Port.TDR) state.tdr = value & 3
    else if (port === Port.MSR_DSR) {
      state.ccr = value & 3
      if (value & Dsr.SOFTWARE_RESET) this.#softReset(true)
    } else if (port === Port.DIR_CCR) state.ccr = value & 3
    else if (port === Port.FIFO && state.dor & Dor.NOT_RESET) this.#writeFifo(value)
  }

  snapshot(): I82077State {
    return copyOf(this.#state)
  }

  restore(state: I82077State): void {
    this.#state = copyOf(state)
    this.#drive()
  }

  reset(): void {
    this.restore(initialState(this.#media.length))
  }

  #softReset(polls: boolean): void {
    const state = this.#state
    Object.assign(state, { command: [], result: [], sector: [], position: 0, phase: 'command' })
    if (!state.locked) state.configure = [0, 0, 0]
    // After reset the controller polls its four drives and reports each as changed.
    state.pending = polls ? [0, 1, 2, 3].map((drive) => St0.POLLING | drive) : []
    state.interrupt = polls
    this.#drive()
  }

  #drive(): void {
    const { dor, interrupt } = this.#state
    this.#irq(interrupt && (dor & Dor.DMA_GATE) !== 0)
  }

  #raise(): void {
    this.#state.interrupt = true
    this.#drive()
  }

  #lower(): void {
    this.#state.interrupt = false
    this.#drive()
  }

  #readFifo(): number {
    const state = this.#state
    if (state.phase === 'to-host') {
      const byte = state.sector[state.position++] ?? 0
      if (state.position >= SECTOR_BYTES) this.#sectorDone()
      return byte
    }
    if (state.phase !== 'result') return 0
    this.#lower()
    const byte = state.result.shift() ?? 0
    if (state.result.length === 0) state.phase = 'command'
    return byte
  }

  #writeFifo(value: number): void {
    const state = this.#state
    if (state.phase === 'from-host') {
      state.sector[state.position++] = value
      if (state.position >= SECTOR_BYTES) this.#sectorDone()
    } else if (state.phase === 'command') {
      state.command.push(value)
      const bytes = COMMAND_BYTES.get(operation(state.command[0]!)) ?? 1
      if (state.command.length >= bytes) this.#execute()
    }
  }

  #reply(...bytes: number[]): void {
    const state = this.#state
    state.command = []
    state.result = bytes
    state.phase = bytes.length > 0 ? 'result' : 'command'
  }

  #execute(): void {
    const state = this.#state
    const [code, first = 0, second = 0, third = 0] = state.command
    switch (operation(code!)) {
      case Command.SPECIFY:
        state.specify = [first, second]
        return this.#reply()
      case Command.SENSE_DRIVE:
        return this.#reply(driveStatus(state, first, this.#media[first & 3]?.store.readOnly ?? false))
      case Command.RECALIBRATE:
        return this.#seek(first, 0)
      case Command.SEEK:
        return this.#seek(first, second)
      case Command.SENSE_INTERRUPT:
        return this.#senseInterrupt()
      case Command.DUMPREG:
        return this.#reply(...dumpedRegisters(state))
      case Command.VERSION:
        return this.#reply(VERSION_82077)
      case Command.PERPENDICULAR:
        state.perpendicular = first
        return this.#reply()
      case Command.CONFIGURE:
        state.configure = [first, second, third]
        return this.#reply()
      case Command.LOCK:
        state.locked = (code! & 0x80) !== 0
        return this.#reply(state.locked ? 0x10 : 0)
      case Command.READ_ID:
        return this.#readId(first)
      case Command.FORMAT:
        return this.#format()
      case Command.READ:
      case Command.READ_DELETED:
      case Command.READ_TRACK:
      case Command.VERIFY:
      case Command.WRITE:
      case Command.WRITE_DELETED:
        if (operation(code!) === Command.READ_TRACK) state.command[4] = 1
        return this.#transfer()
      default:
        return this.#reply(St0.INVALID)
    }
  }

  #senseInterrupt(): void {
    const state = this.#state
    const status = state.pending.shift()
    if (status === undefined) return this.#reply(St0.INVALID)
    this.#lower()
    this.#reply(status, state.drives[status & 3]?.cylinder ?? 0)
  }

  /** Steps the head; a step with a diskette inside clears the disk change line. */
  #seek(select: number, cylinder: number): void {
    const state = this.#state
    const drive = state.drives[select & 3]
    let status = St0.SEEK_END | (select & 7)
    if (drive) {
      drive.cylinder = Math.min(cylinder, 84)
      if (this.#media[select & 3]) drive.changed = false
    } else if (cylinder === 0) {
      // Track 0 is never found.
      status |= St0.ABNORMAL | St0.EQUIPMENT_CHECK
    }
    state.pending = [status]
    this.#reply()
    this.#raise()
  }

  /** The medium under the head, if the data rate suits it. */
  #readable(select: number): Medium | null {
    const inside = this.#media[select & 3]
    return inside?.geometry.rates.includes(this.#state.ccr) ? inside : null
  }

  #finish(select: number, st0: number, st1: number, st2: number, id: readonly number[]): void {
    this.#state.sector = []
    this.#reply(st0 | (select & 7), st1, st2, ...id)
    this.#raise()
  }

  #readId(select: number): void {
    const inside = this.#readable(select)
    const cylinder = this.#state.drives[select & 3]?.cylinder ?? 0
    const exists = inside !== null && cylinder < inside.geometry.cylinders
    const id = [cylinder, (select >> 2) & 1, 1, 2]
    if (exists) this.#finish(select, 0, 0, 0, id)
    else this.#finish(select, St0.ABNORMAL, St1.MISSING_ADDRESS, 0, id)
  }

  /** One sector after the other, by DMA at once or byte by byte through the FIFO. */
  #transfer(): void {
    const state = this.#state
    const [code, select, cylinder] = state.command
    const drive = state.drives[select! & 3]
    if (drive && state.configure[0] & IMPLIED_SEEK) {
      drive.cylinder = Math.min(cylinder!, 84)
      if (this.#media[select! & 3]) drive.changed = false
    }
    const programmed = (state.specify[1] & 1) !== 0 && operation(code!) !== Command.VERIFY
    // At most every sector of both sides.
    for (let sectors = 0; sectors < 512; sectors++) {
      if (!this.#openSector()) return
      if (programmed) {
        state.position = 0
        state.phase = isWrite(code!) ? 'from-host' : 'to-host'
        return this.#raise()
      }
      if (this.#dmaSector()) return
    }
  }

  /** Finds the sector that the command names and reads it. False when the command ended instead. */
  #openSector(): boolean {
    const state = this.#state
    const [code, select, cylinder, head, sector, size] = state.command
    const id = [cylinder!, head!, sector!, size!]
    const fail = (st1: number, st2 = 0): false => {
      this.#finish(select!, St0.ABNORMAL, st1, st2, id)
      return false
    }
    const inside = this.#readable(select!)
    if (!inside) return fail(St1.MISSING_ADDRESS)
    const { geometry, store } = inside
    if (isWrite(code!) && store.readOnly) return fail(St1.NOT_WRITABLE)
    if (cylinder !== state.drives[select! & 3]!.cylinder) return fail(St1.NO_DATA, St2.WRONG_CYLINDER)
    const exists = cylinder < geometry.cylinders && sector! >= 1 && sector! <= geometry.sectorsPerTrack
    if (!exists || head !== ((select! >> 2) & 1) || size !== 2) return fail(St1.NO_DATA)
    const bytes = new Uint8Array(SECTOR_BYTES)
    if (!storeCan(() => store.read(this.#lba(geometry), bytes))) return fail(St1.DATA_ERROR, St2.DATA_ERROR)
    state.sector = [...bytes]
    return true
  }

  #lba({ heads, sectorsPerTrack }: FloppyGeometry): number {
    const [, , cylinder, head, sector] = this.#state.command
    return (cylinder! * heads + head!) * sectorsPerTrack + sector! - 1
  }

  /** True when the command is over. */
  #dmaSector(): boolean {
    const state = this.#state
    const [code, select] = state.command
    if (operation(code!) === Command.VERIFY) return this.#advance(false)
    const bytes = Uint8Array.from(state.sector)
    const { bytes: moved, terminalCount } = this.#dma.transfer(FLOPPY_DMA, bytes, !isWrite(code!))
    // What a short transfer leaves of a sector is written as zeros.
    if (moved > 0 && isWrite(code!) && !this.#store(bytes.fill(0, moved))) return true
    if (moved === SECTOR_BYTES || terminalCount) return this.#advance(terminalCount)
    this.#finish(select!, St0.ABNORMAL, St1.OVERRUN, 0, state.command.slice(2, 6))
    return true
  }

  /** Writes the sector; false if that failed, and ended the command. */
  #store(bytes: Uint8Array): boolean {
    const { command } = this.#state
    const inside = this.#media[command[1]! & 3]
    // The diskette may have been changed since the sector was found.
    if (!inside || inside.store.readOnly) return true
    const lba = this.#lba(inside.geometry)
    if (lba >= inside.store.sectors || storeCan(() => inside.store.write(lba, bytes))) return true
    this.#finish(command[1]!, St0.ABNORMAL, St1.DATA_ERROR, St2.DATA_ERROR, command.slice(2, 6))
    return false
  }

  /** The processor moved a whole sector. */
  #sectorDone(): void {
    const state = this.#state
    const write = isWrite(state.command[0]!)
    this.#lower()
    if (write && !this.#store(Uint8Array.from(state.sector))) return
    if (!this.#advance(false)) this.#transfer()
  }

  /** Names the next sector. True when the command ends: by terminal count, or past the last sector of the cylinder. */
  #advance(terminalCount: boolean): boolean {
    const { command } = this.#state
    const last = command[4]! >= command[6]!
    const otherSide = last && (command[0]! & MULTI_TRACK) !== 0 && command[3] === 0
    const ends = terminalCount || (last && !otherSide)
    const before = command[3]!
    command[4] = last ? 1 : command[4]! + 1
    if (otherSide) {
      command[3] = 1
      command[1]! |= 4
    } else if (last) {
      command[2]!++
      if (command[0]! & MULTI_TRACK) command[3] = before ^ 1
    }
    if (!ends) return false
    const verified = operation(command[0]!) === Command.VERIFY
    const normal = terminalCount || verified
    const [st0, st1] = normal ? [0, 0] : [St0.ABNORMAL, St1.END_OF_CYLINDER]
    this.#finish(command[1]!, st0, st1, 0, command.slice(2, 6))
    return true
  }

  /** Four bytes of every sector's name come by DMA; what is not on the medium ends it. */
  #format(): void {
    const { command } = this.#state
    const [, select, size, sectors, , fill] = command
    const inside = this.#readable(select!)
    if (!inside) return this.#finish(select!, St0.ABNORMAL, St1.MISSING_ADDRESS, 0, [0, 0, 0, size!])
    if (inside.store.readOnly) return this.#finish(select!, St0.ABNORMAL, St1.NOT_WRITABLE, 0, [0, 0, 0, size!])
    const { geometry, store } = inside
    const cylinder = this.#state.drives[select! & 3]!.cylinder
    const id = new Uint8Array(4)
    for (let i = 0; i < sectors!; i++) {
      if (this.#dma.transfer(FLOPPY_DMA, id, false).bytes < 4) {
        return this.#finish(select!, St0.ABNORMAL, St1.OVERRUN, 0, [...id])
      }
      const [, head, sector, bytes] = id
      const exists = cylinder < geometry.cylinders && sector! >= 1 && sector! <= geometry.sectorsPerTrack && head! < 2
      if (!exists || bytes !== 2) return this.#finish(select!, St0.ABNORMAL, St1.NO_DATA, 0, [...id])
      const lba = (cylinder * geometry.heads + head!) * geometry.sectorsPerTrack + sector! - 1
      const written = storeCan(() => store.write(lba, new Uint8Array(SECTOR_BYTES).fill(fill!)))
      if (!written) return this.#finish(select!, St0.ABNORMAL, St1.DATA_ERROR, St2.DATA_ERROR, [...id])
    }
    this.#finish(select!, 0, 0, 0, [...id])
  }
}
