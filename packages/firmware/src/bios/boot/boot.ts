import { Ebda, ebda } from '../bda.ts'
import type { Context, Resume } from '../context.ts'
import { readBootCatalog, type BootImage } from '../disk/el-torito.ts'
import { emulatedBlocks } from '../disk/blocks.ts'
import { beginEmulation, endEmulation, FIRST_DISK } from '../disk/emulation.ts'
import { dropKey, peekKey } from '../keyboard/buffer.ts'
import { ROM_SEGMENT } from '../rom/layout.ts'
import type { SectorStore } from '../types.ts'
import { teletype } from '../video/teletype.ts'
import { bootstrapEntry, callRom, optionRoms } from './option-roms.ts'

const SECTOR_BYTES = 512
const SIGNATURE_AT = 510
const LOAD_ADDRESS = 0x7c00
/** `BOOT_INDEX` while the user is asked. */
const ASKING = 0xff
const INTERRUPTS_ON = 0x202
const COLOR = 7
const KIB_640 = 0xa_0000

/** One thing to boot from: what the screen calls it, and the attempt. It answers why it failed, or where the guest goes on. */
interface BootEntry {
  readonly name: string
  readonly start: (context: Context) => Resume | string
}

function print(context: Context, text: string): void {
  for (const character of text) teletype(context, character.charCodeAt(0), COLOR)
}

/** INT 19h: from the beginning of the list. */
export function boot(context: Context): Resume {
  endEmulation(context)
  context.memory.write8(ebda(context.memory, Ebda.BOOT_INDEX), 0)
  return bootNext(context)
}

/** INT 18h: what was booted has given up; the next entry is tried, and at the end of the list the user is asked. */
export function bootNext(context: Context): Resume {
  const { memory } = context
  const at = ebda(memory, Ebda.BOOT_INDEX)
  if (memory.read8(at) === ASKING) {
    if (peekKey(context) < 0) return 'wait'
    dropKey(context)
    memory.write8(at, 0)
  }
  const entries = bootEntries(context)
  for (let index = memory.read8(at); index < entries.length; index += 1) {
    const { name, start } = entries[index]!
    print(context, `Booting from ${name}...\r\n`)
    memory.write8(at, index + 1)
    const outcome = start(context)
    if (typeof outcome === 'string' && outcome !== 'elsewhere') print(context, `${name}: ${outcome}\r\n`)
    else return outcome as Resume
  }
  print(context, 'No bootable device. Press a key to try again.\r\n\r\n')
  memory.write8(at, ASKING)
  return 'wait'
}

function bootEntries(context: Context): BootEntry[] {
  const { machine } = context
  const byKind: Readonly<Record<string, readonly BootEntry[]>> = {
    floppy: machine.floppies.slice(0, 1).map(() => ({ name: 'floppy', start: bootFloppy })),
    disk: machine.disks.slice(0, 1).map(() => ({ name: 'hard disk', start: bootDisk })),
    cdrom: machine.cdroms.map((_drive, index) => ({
      name: machine.cdroms.length > 1 ? `CD-ROM ${index + 1}` : 'CD-ROM',
      start: (inner: Context) => bootCd(inner, index),
    })),
  }
  const listed = machine.bootOrder.flatMap((kind) => byKind[kind] ?? [])
  return [...listed, ...romEntries(context)]
}

function romEntries(context: Context): BootEntry[] {
  return [...optionRoms(context)].flatMap((rom) => {
    const entry = bootstrapEntry(context, rom)
    if (entry === 0) return []
    return {
      name: `option ROM at ${rom.address.toString(16).toUpperCase()}h`,
      start: (inner) => bootRom(inner, rom.address, entry),
    }
  })
}

/** A ROM that cannot boot returns; the next entry is then tried. */
function bootRom(context: Context, address: number, entry: number): Resume {
  const { registers, rom } = context
  callRom(context, address, entry)
  registers.push(ROM_SEGMENT)
  registers.push(rom.offsetOf('boot-failed'))
  return 'elsewhere'
}

function bootFloppy(context: Context): Resume | string {
  const medium = context.machine.floppies[0]?.medium
  if (!medium) return 'there is no diskette in the drive'
  const sector = firstSector(medium)
  // Systems older than the signature boot as well; a diskette that was only formatted does not.
  if (sector === null || sector.every((byte) => byte === sector[0])) return 'the diskette is empty'
  return enter(context, sector, 0)
}

function bootDisk(context: Context): Resume | string {
  const store = context.machine.disks[0]?.store
  const sector = store ? firstSector(store) : null
  if (sector === null || !isSigned(sector)) return 'its first sector is no boot sector (it does not end in 55h AAh)'
  return enter(context, sector, FIRST_DISK)
}

function firstSector(store: SectorStore): Uint8Array | null {
  if (store.sectors < 1 || store.sectorBytes !== SECTOR_BYTES) return null
  const sector = new Uint8Array(SECTOR_BYTES)
  store.read(0, sector)
  return sector
}

function isSigned(sector: Uint8Array): boolean {
  return sector[SIGNATURE_AT] === 0x55 && sector[SIGNATURE_AT + 1] === 0xaa
}

function bootCd(context: Context, index: number): Resume | string {
  const medium = context.machine.cdroms[index]?.medium
  if (!medium) return 'there is no disc in the drive'
  const catalog = readBootCatalog(medium)
  if (catalog.kind === 'none') return catalog.reason
  return loadImage(context, index, medium, catalog.image)
}

/** Loads what the catalog asks for, as far as it fits below the EBDA and lies on the disc. */
function loadImage(context: Context, index: number, medium: SectorStore, image: BootImage): Resume | string {
  const address = image.loadSegment * 16
  const blocks = emulatedBlocks(medium, image.start, image.loadSectors)
  const bytes = new Uint8Array(blocks.sectors * SECTOR_BYTES)
  if (address + bytes.length > KIB_640) return 'its boot image does not fit into base memory'
  blocks.read(0, bytes)
  const drive = beginEmulation(context, index, image)
  return enter(context, bytes, drive, image.loadSegment)
}

/** Gives control to what was loaded: at 0000:7C00 as a boot sector, or at the start of a segment of its own. */
function enter(
  { memory, registers, rom }: Context,
  code: Uint8Array,
  drive: number,
  segment = LOAD_ADDRESS >> 4,
): Resume {
  const { cpu } = registers
  memory.store(segment * 16, code)
  const isUsual = segment === LOAD_ADDRESS >> 4
  Object.assign(cpu, { eax: 0, ebx: 0, ecx: 0, esi: 0, ebp: 0, edx: drive, esp: LOAD_ADDRESS, eflags: INTERRUPTS_ON })
  for (const name of ['ds', 'ss', 'fs', 'gs'] as const) cpu[name] = 0
  cpu.es = ROM_SEGMENT
  cpu.edi = rom.offsetOf('pnp')
  cpu.cs = isUsual ? 0 : segment
  cpu.eip = isUsual ? LOAD_ADDRESS : 0
  return 'elsewhere'
}
