import { Bda, Ebda, EBDA_BASE } from '../bda.ts'
import { Cmos, writeCmos } from '../cmos.ts'
import type { Context } from '../context.ts'
import { geometryAtPowerOn } from './drives.ts'

const TABLE_BYTES = 16
const EQUIPMENT = { FLOPPY: 0x01, COPROCESSOR: 0x02, MOUSE: 0x04, FLOPPY_COUNT_SHIFT: 6 } as const
/** Drive types in CMOS, by sectors of the usual diskette: 360K, 1.2M, 720K, 1.44M, 2.88M. */
const CMOS_TYPES: ReadonlyMap<number, number> = new Map([
  [720, 1],
  [2400, 2],
  [1440, 3],
  [2880, 4],
  [5760, 5],
])
/** 500 Kbit/s, medium established, 1.44 MB in such a drive; what else there is has its own rate. */
const MEDIA_STATES: ReadonlyMap<number, number> = new Map([
  [720, 0x93],
  [1440, 0x97],
  [2400, 0x15],
  [5760, 0xd7],
])
const USUAL_MEDIA_STATE = 0x17

/** Tells the data area, CMOS and the disks' parameter tables what drives there are. */
export function setUpDisks(context: Context): void {
  const { memory, ports, machine } = context
  const floppies = machine.floppies.length
  let types = 0
  machine.floppies.forEach((drive, index) => {
    const sectors = drive.medium?.sectors ?? 2880
    types |= (CMOS_TYPES.get(sectors) ?? 4) << (index === 0 ? 4 : 0)
    memory.write8(Bda.FLOPPY_MEDIA + index, MEDIA_STATES.get(sectors) ?? USUAL_MEDIA_STATE)
    memory.write8(EBDA_BASE + Ebda.FLOPPY_CHANGES + index, drive.changes)
  })
  machine.cdroms.forEach((drive, index) => memory.write8(EBDA_BASE + Ebda.CD_CHANGES + (index & 3), drive.changes))
  const floppyBits = floppies > 0 ? EQUIPMENT.FLOPPY | ((floppies - 1) << EQUIPMENT.FLOPPY_COUNT_SHIFT) : 0
  const equipment = memory.read16(Bda.EQUIPMENT) | floppyBits | EQUIPMENT.COPROCESSOR | EQUIPMENT.MOUSE
  memory.write16(Bda.EQUIPMENT, equipment)
  writeCmos(ports, Cmos.FLOPPY_TYPES, types)
  // Drives whose kind is known, of several rates and 80 tracks.
  memory.write8(Bda.FLOPPY_CONTROLLER, floppies > 1 ? 0x77 : floppies * 0x07)
  writeCmos(ports, Cmos.EQUIPMENT, equipment & 0xff)
  memory.write8(Bda.DISK_COUNT, machine.disks.length)
  machine.disks.forEach((_disk, index) => setUpDisk(context, index))
}

/** INT 41h and 46h point to the first two disks' tables. */
function setUpDisk({ memory, machine }: Context, index: number): void {
  const disk = machine.disks[index]!
  const { cylinders, heads, sectors } = geometryAtPowerOn(disk)
  const geometryAt = EBDA_BASE + Ebda.DISK_GEOMETRY + 2 * index
  memory.write8(geometryAt, heads)
  memory.write8(geometryAt + 1, sectors)
  if (index > 1) return
  const table = new DataView(new ArrayBuffer(TABLE_BYTES))
  table.setUint16(0, cylinders, true)
  table.setUint8(2, heads)
  table.setUint16(5, 0xffff, true)
  // More than eight heads.
  table.setUint8(8, heads > 8 ? 0x08 : 0)
  table.setUint16(12, cylinders, true)
  table.setUint8(14, sectors)
  const offset = Ebda.DISK_TABLES + index * TABLE_BYTES
  memory.store(EBDA_BASE + offset, new Uint8Array(table.buffer))
  const vector = index === 0 ? 0x41 : 0x46
  memory.write32(4 * vector, (EBDA_BASE >> 4) * 0x10000 + offset)
}
