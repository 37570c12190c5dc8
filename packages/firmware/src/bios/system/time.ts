import { Bda } from '../bda.ts'
import { Cmos, StatusB, readCmos, writeCmos } from '../cmos.ts'
import type { Context, FunctionTable, Resume } from '../context.ts'
import { pciService } from '../pci/services.ts'
import { waitForUpdate } from './clock-time.ts'

const DATE_REGISTERS = { century: Cmos.CENTURY, year: Cmos.YEAR, month: Cmos.MONTH, day: Cmos.DAY }

/** AH=00h: ticks since midnight in CX:DX, and whether midnight has passed since the last such call. */
function getTicks({ memory, registers }: Context): Resume {
  const ticks = memory.read32(Bda.TICKS)
  registers.cx = ticks >>> 16
  registers.dx = ticks
  registers.al = memory.read8(Bda.MIDNIGHT)
  memory.write8(Bda.MIDNIGHT, 0)
  registers.ah = 0
  registers.carry = false
}

function setTicks({ memory, registers }: Context): Resume {
  memory.write16(Bda.TICKS, registers.dx)
  memory.write16(Bda.TICKS + 2, registers.cx)
  memory.write8(Bda.MIDNIGHT, 0)
  registers.ah = 0
  registers.carry = false
}

/** Runs `access` when the clock is not in the middle of an update; else CF tells. */
function withClock({ ports, registers }: Context, access: () => void): void {
  const isStill = waitForUpdate(ports)
  if (isStill) access()
  registers.carry = !isStill
}

function getTime(context: Context): Resume {
  const { ports, registers } = context
  withClock(context, () => {
    registers.dh = readCmos(ports, Cmos.SECONDS)
    registers.cl = readCmos(ports, Cmos.MINUTES)
    registers.ch = readCmos(ports, Cmos.HOURS)
    registers.dl = readCmos(ports, Cmos.STATUS_B) & StatusB.DST
    registers.ah = 0
    registers.al = registers.ch
  })
}

/** Stops the clock's updates, changes it, and lets it run on. */
function set({ ports }: Context, status: (before: number) => number, change: () => void): void {
  const before = readCmos(ports, Cmos.STATUS_B)
  writeCmos(ports, Cmos.STATUS_B, before | StatusB.SET)
  change()
  writeCmos(ports, Cmos.STATUS_B, status(before) & ~StatusB.SET)
}

function setTime(context: Context): Resume {
  const { ports, registers } = context
  const keep = (before: number): number =>
    (before & (StatusB.PERIODIC | StatusB.ALARM | StatusB.UPDATE)) | StatusB.HOURS_24 | (registers.dl & StatusB.DST)
  set(context, keep, () => {
    writeCmos(ports, Cmos.SECONDS, registers.dh)
    writeCmos(ports, Cmos.MINUTES, registers.cl)
    writeCmos(ports, Cmos.HOURS, registers.ch)
  })
  registers.ah = 0
  registers.carry = false
}

function getDate(context: Context): Resume {
  const { ports, registers } = context
  withClock(context, () => {
    registers.ch = readCmos(ports, DATE_REGISTERS.century)
    registers.cl = readCmos(ports, DATE_REGISTERS.year)
    registers.dh = readCmos(ports, DATE_REGISTERS.month)
    registers.dl = readCmos(ports, DATE_REGISTERS.day)
    registers.ah = 0
    registers.al = registers.ch
  })
}

function setDate(context: Context): Resume {
  const { ports, registers } = context
  set(
    context,
    (before) => before,
    () => {
      writeCmos(ports, DATE_REGISTERS.century, registers.ch)
      writeCmos(ports, DATE_REGISTERS.year, registers.cl)
      writeCmos(ports, DATE_REGISTERS.month, registers.dh)
      writeCmos(ports, DATE_REGISTERS.day, registers.dl)
    },
  )
  registers.ah = 0
  registers.carry = false
}

/** AH=06h: INT 4Ah at CH:CL:DH. CF: one is set already. */
function setAlarm(context: Context): Resume {
  const { ports, registers } = context
  const isTaken = (readCmos(ports, Cmos.STATUS_B) & StatusB.ALARM) !== 0
  registers.carry = isTaken
  if (isTaken) return
  set(
    context,
    (before) => before | StatusB.ALARM,
    () => {
      writeCmos(ports, Cmos.SECONDS_ALARM, registers.dh)
      writeCmos(ports, Cmos.MINUTES_ALARM, registers.cl)
      writeCmos(ports, Cmos.HOURS_ALARM, registers.ch)
    },
  )
  const SLAVE_MASK = 0xa1
  ports.out8(SLAVE_MASK, ports.in8(SLAVE_MASK) & ~1)
}

function clearAlarm(context: Context): Resume {
  set(
    context,
    (before) => before & ~StatusB.ALARM,
    () => undefined,
  )
  context.registers.ah = 0
  context.registers.carry = false
}

const TABLE: FunctionTable = new Map([
  [0x00, getTicks],
  [0x01, setTicks],
  [0x02, getTime],
  [0x03, setTime],
  [0x04, getDate],
  [0x05, setDate],
  [0x06, setAlarm],
  [0x07, clearAlarm],
  [0xb1, pciService],
])

/** INT 1Ah. CF tells of functions that are not there. */
export function timeService(context: Context): Resume {
  const service = TABLE.get(context.registers.ah)
  if (service) return service(context)
  context.registers.carry = true
}
