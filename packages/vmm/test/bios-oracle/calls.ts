import { bufferSegment, dataAt, type Call } from './probe.ts'

/** Which part of an answer both must agree in: bits of a register, flags, or the buffer up to so many bytes. */
export interface Expectation {
  readonly registers?: Partial<Record<'eax' | 'ebx' | 'ecx' | 'edx' | 'esi' | 'edi' | 'ebp' | 'es' | 'ds', number>>
  readonly carry?: boolean
  readonly zero?: boolean
  readonly bufferBytes?: number
}

export interface ComparedCall extends Call {
  readonly compare: Expectation
}

const AX = { eax: 0xffff } as const
const AH = { eax: 0xff00 } as const
const WORDS = { eax: 0xffff, ebx: 0xffff, ecx: 0xffff, edx: 0xffff } as const
const ALL = { ...WORDS, esi: 0xffff, edi: 0xffff, ebp: 0xffff, es: 0xffff, ds: 0xffff } as const

const call = (name: string, vector: number, registers: Call['registers'], compare: Expectation): ComparedCall => ({
  name,
  vector,
  compare,
  ...(registers && { registers }),
})
const carry = true

/** Disk address packets: how many sectors, from where, to which far pointer. */
const packets = [
  { count: 1, sector: 123, to: bufferSegment * 0x10000 },
  { count: 1, sector: 0x7fff_ffff, to: bufferSegment * 0x10000 },
  // The sector begins with its number: 42h bytes of room, two bytes before the buffer that is looked at.
  { count: 1, sector: 0x42, to: 0x2fff_000e },
]
const packetBytes = 16
const packetAt = (index: number): number => dataAt + index * packetBytes

/** What the calls point to. */
export const callData: readonly number[] = packets.flatMap(({ count, sector, to }) => {
  const bytes = new DataView(new ArrayBuffer(packetBytes))
  bytes.setUint8(0, packetBytes)
  bytes.setUint16(2, count, true)
  bytes.setUint32(4, to, true)
  bytes.setUint32(8, sector, true)
  return [...new Uint8Array(bytes.buffer)]
})

const memory = [
  call('equipment', 0x11, {}, { registers: ALL }),
  call('base memory', 0x12, {}, { registers: ALL }),
  call(
    'E820, first range',
    0x15,
    { eax: 0xe820, edx: 0x534d4150, ecx: 20 },
    { registers: { eax: ~0, ebx: ~0, ecx: ~0, edx: ~0 }, carry, bufferBytes: 20 },
  ),
  call(
    'E820, second range',
    0x15,
    { eax: 0xe820, edx: 0x534d4150, ecx: 20, ebx: 1 },
    { registers: { eax: ~0, ebx: ~0, ecx: ~0 }, carry, bufferBytes: 20 },
  ),
  call('E820, third range', 0x15, { eax: 0xe820, edx: 0x534d4150, ecx: 20, ebx: 2 }, { carry, bufferBytes: 20 }),
  call('E820 without signature', 0x15, { eax: 0xe820, ecx: 20 }, { carry, registers: AH }),
  call('E820 past the end', 0x15, { eax: 0xe820, edx: 0x534d4150, ecx: 20, ebx: 99 }, { carry, registers: AH }),
  call('A20 state', 0x15, { eax: 0x2402 }, { registers: AX, carry }),
  call('A20 support', 0x15, { eax: 0x2403 }, { registers: { eax: 0xff00, ebx: 0xffff }, carry }),
  call('A20 off', 0x15, { eax: 0x2400 }, { registers: AH, carry }),
  call('A20 state when off', 0x15, { eax: 0x2402 }, { registers: AX, carry }),
  call('A20 on', 0x15, { eax: 0x2401 }, { registers: AH, carry }),
  call('A20 unknown', 0x15, { eax: 0x2477 }, { registers: AH, carry }),
  call('EBDA segment', 0x15, { eax: 0xc100 }, { registers: { es: 0xffff }, carry }),
  call('unknown system function', 0x15, { eax: 0x7777 }, { registers: AH, carry }),
  call('device busy', 0x15, { eax: 0x9000 }, { registers: AH, carry }),
  call('power management', 0x15, { eax: 0x5300 }, { registers: WORDS, carry }),
]

const keyboard = [
  call('no key', 0x16, { eax: 0x0100 }, { zero: true }),
  call('shift flags', 0x16, { eax: 0x0200 }, { registers: { eax: 0xff } }),
  call('stuff a key', 0x16, { eax: 0x0500, ecx: 0x1e61 }, { registers: { eax: 0xff } }),
  call('stuff a grey key', 0x16, { eax: 0x0500, ecx: 0x48e0 }, { registers: { eax: 0xff } }),
  call('stuff F11', 0x16, { eax: 0x0500, ecx: 0x8500 }, { registers: { eax: 0xff } }),
  call('a key waits', 0x16, { eax: 0x0100 }, { registers: AX, zero: true }),
  call('read it', 0x16, { eax: 0x0000 }, { registers: AX }),
  call('a grey key for the old function', 0x16, { eax: 0x0000 }, { registers: AX }),
  call('F11 for the new one', 0x16, { eax: 0x1000 }, { registers: AX }),
  call('no key for the new one', 0x16, { eax: 0x1100 }, { zero: true }),
  call('extended shift flags', 0x16, { eax: 0x1200 }, { registers: AX }),
]

const pci = [
  call('PCI BIOS', 0x1a, { eax: 0xb101 }, { registers: { eax: 0xff00, ebx: 0xffff, ecx: 0xff, edx: ~0 }, carry }),
  call(
    'the ISA bridge',
    0x1a,
    { eax: 0xb102, edx: 0x8086, ecx: 0x7000 },
    { registers: { eax: 0xff00, ebx: 0xffff }, carry },
  ),
  call('no such device', 0x1a, { eax: 0xb102, edx: 0x8086, ecx: 0x9999 }, { registers: AH, carry }),
  call('a VGA by class', 0x1a, { eax: 0xb103, ecx: 0x030000 }, { registers: { eax: 0xff00, ebx: 0xffff }, carry }),
  call('a second VGA', 0x1a, { eax: 0xb103, ecx: 0x030000, esi: 1 }, { registers: AH, carry }),
  call('vendor by byte', 0x1a, { eax: 0xb108, ebx: 0x08, edi: 1 }, { registers: { eax: 0xff00, ecx: 0xff }, carry }),
  call('vendor by word', 0x1a, { eax: 0xb109, ebx: 0x08 }, { registers: { eax: 0xff00, ecx: 0xffff }, carry }),
  call('vendor by double word', 0x1a, { eax: 0xb10a, ebx: 0x08 }, { registers: { eax: 0xff00, ecx: ~0 }, carry }),
]

const floppy = [
  call('reset', 0x13, { eax: 0x0000 }, { registers: AH, carry }),
  call('parameters', 0x13, { eax: 0x0800 }, { registers: { eax: 0xff00, ebx: 0xff, ecx: 0xffff, edx: 0xffff }, carry }),
  call('type', 0x13, { eax: 0x1500 }, { registers: AH, carry }),
  call('read a sector', 0x13, { eax: 0x0201, ecx: 0x0105, edx: 0x0100 }, { registers: AX, carry, bufferBytes: 8 }),
  call(
    'read two tracks away',
    0x13,
    { eax: 0x0202, ecx: 0x4f11, edx: 0x0100 },
    { registers: AX, carry, bufferBytes: 8 },
  ),
  call('verify', 0x13, { eax: 0x0401, ecx: 0x0002 }, { registers: AX, carry }),
  call('write', 0x13, { eax: 0x0301, ecx: 0x2003 }, { registers: AX, carry }),
  call('read it back', 0x13, { eax: 0x0201, ecx: 0x2003 }, { registers: AX, carry, bufferBytes: 8 }),
  call('status', 0x13, { eax: 0x0100 }, { registers: AH, carry }),
  call('no second drive: type', 0x13, { eax: 0x1500, edx: 1 }, { registers: AH, carry }),
  call('unknown function', 0x13, { eax: 0x7700 }, { registers: AH, carry }),
]

const disk = [
  call('disk: reset', 0x13, { eax: 0x0000, edx: 0x80 }, { registers: AH, carry }),
  call(
    'disk: parameters',
    0x13,
    { eax: 0x0800, edx: 0x80 },
    { registers: { eax: 0xff00, ecx: 0xffff, edx: 0xffff }, carry },
  ),
  call('disk: type', 0x13, { eax: 0x1500, edx: 0x80 }, { registers: { eax: 0xff00, ecx: 0xffff, edx: 0xffff }, carry }),
  call('disk: read', 0x13, { eax: 0x0201, ecx: 0x0102, edx: 0x0380 }, { registers: AX, carry, bufferBytes: 8 }),
  call('disk: read past the end', 0x13, { eax: 0x0201, ecx: 0xffff, edx: 0x0080 }, { registers: AH, carry }),
  call('disk: status', 0x13, { eax: 0x0100, edx: 0x80 }, { registers: AH, carry }),
  call('disk: verify', 0x13, { eax: 0x0401, ecx: 0x0001, edx: 0x80 }, { registers: AH, carry }),
  call('disk: ready', 0x13, { eax: 0x1000, edx: 0x80 }, { registers: AH, carry }),
  call('disk: recalibrate', 0x13, { eax: 0x1100, edx: 0x80 }, { registers: AH, carry }),
  call('disk: diagnose', 0x13, { eax: 0x1400, edx: 0x80 }, { registers: AH, carry }),
  call(
    'disk: extensions',
    0x13,
    { eax: 0x4100, ebx: 0x55aa, edx: 0x80 },
    { registers: { eax: 0xff00, ebx: 0xffff, ecx: 0xffff }, carry },
  ),
  call(
    'disk: extended read',
    0x13,
    { eax: 0x4200, edx: 0x80, ds: 0, esi: packetAt(0) },
    { registers: AH, carry, bufferBytes: 64 },
  ),
  call('disk: extended verify', 0x13, { eax: 0x4400, edx: 0x80, ds: 0, esi: packetAt(0) }, { registers: AH, carry }),
  call('disk: extended seek', 0x13, { eax: 0x4700, edx: 0x80, ds: 0, esi: packetAt(0) }, { registers: AH, carry }),
  call(
    'disk: extended read past the end',
    0x13,
    { eax: 0x4200, edx: 0x80, ds: 0, esi: packetAt(1) },
    { registers: AH, carry },
  ),
  call(
    'disk: room for its parameters',
    0x13,
    { eax: 0x4200, edx: 0x80, ds: 0, esi: packetAt(2) },
    { registers: AH, carry },
  ),
  call(
    'disk: its parameters',
    0x13,
    { eax: 0x4800, edx: 0x80, ds: 0x2fff, esi: 0x000e },
    { registers: AH, carry, bufferBytes: 24 },
  ),
  call('disk: lock', 0x13, { eax: 0x4500, edx: 0x80 }, { registers: AH, carry }),
  call('floppy: no extensions', 0x13, { eax: 0x4100, ebx: 0x55aa }, { registers: AH, carry }),
  call('no second disk: read', 0x13, { eax: 0x0201, ecx: 1, edx: 0x81 }, { registers: AH, carry }),
  call('no second disk: type', 0x13, { eax: 0x1500, edx: 0x81 }, { registers: AH, carry }),
  call('no second disk: extensions', 0x13, { eax: 0x4100, ebx: 0x55aa, edx: 0x81 }, { registers: AH, carry }),
]

const video = [
  call('mode 3', 0x10, { eax: 0x0003 }, { registers: { eax: 0xff } }),
  call('which mode', 0x10, { eax: 0x0f00 }, { registers: { eax: 0xffff, ebx: 0xff00 } }),
  call('cursor at home', 0x10, { eax: 0x0300 }, { registers: { ecx: 0xffff, edx: 0xffff } }),
  call('move the cursor', 0x10, { eax: 0x0200, edx: 0x0a14 }, { registers: ALL }),
  call('teletype', 0x10, { eax: 0x0e41, ebx: 0x0007 }, { registers: ALL }),
  call('cursor behind it', 0x10, { eax: 0x0300 }, { registers: { ecx: 0xffff, edx: 0xffff } }),
  call('cursor back', 0x10, { eax: 0x0200, edx: 0x0a14 }, { registers: ALL }),
  call('read the character', 0x10, { eax: 0x0800 }, { registers: AX }),
  call('write characters', 0x10, { eax: 0x0942, ebx: 0x001e, ecx: 5 }, { registers: ALL }),
  call('read one of them', 0x10, { eax: 0x0800 }, { registers: AX }),
  call('write without attribute', 0x10, { eax: 0x0a43, ecx: 1 }, { registers: ALL }),
  call('read that', 0x10, { eax: 0x0800 }, { registers: AX }),
  call('scroll up', 0x10, { eax: 0x0601, ebx: 0x4700, ecx: 0x0000, edx: 0x184f }, { registers: ALL }),
  call('cursor a row up', 0x10, { eax: 0x0200, edx: 0x0914 }, { registers: ALL }),
  call('read what was scrolled', 0x10, { eax: 0x0800 }, { registers: AX }),
  call('cursor in the last row', 0x10, { eax: 0x0200, edx: 0x1810 }, { registers: ALL }),
  call('read the blank', 0x10, { eax: 0x0800 }, { registers: AX }),
  call('scroll down', 0x10, { eax: 0x0702, ebx: 0x2100, ecx: 0x0102, edx: 0x0520 }, { registers: ALL }),
  call('cursor in that window', 0x10, { eax: 0x0200, edx: 0x0210 }, { registers: ALL }),
  call('read that blank', 0x10, { eax: 0x0800 }, { registers: AX }),
  call('palette entry', 0x10, { eax: 0x1007, ebx: 0x0006 }, { registers: { ebx: 0xff00 } }),
  call('border', 0x10, { eax: 0x1008 }, { registers: { ebx: 0xff00 } }),
  call('a colour', 0x10, { eax: 0x1015, ebx: 0x0014 }, { registers: { ecx: 0xffff, edx: 0xff00 } }),
  call('set a colour', 0x10, { eax: 0x1010, ebx: 0x0014, ecx: 0x1122, edx: 0x3300 }, { registers: ALL }),
  call('that colour', 0x10, { eax: 0x1015, ebx: 0x0014 }, { registers: { ecx: 0xffff, edx: 0xff00 } }),
  call('all palette', 0x10, { eax: 0x1009, es: bufferSegment }, { bufferBytes: 17 }),
  call('font information', 0x10, { eax: 0x1130, ebx: 0x0600 }, { registers: { ecx: 0xffff, edx: 0xff } }),
  call('memory and switches', 0x10, { eax: 0x1200, ebx: 0x0010 }, { registers: { ebx: 0xffff } }),
  call('display combination', 0x10, { eax: 0x1a00 }, { registers: { eax: 0xff, ebx: 0xffff } }),
  call('rows of an 8x8 font', 0x10, { eax: 0x1112, ebx: 0x0000 }, { registers: ALL }),
  call('its information', 0x10, { eax: 0x1130, ebx: 0x0100 }, { registers: { ecx: 0xffff, edx: 0xff } }),
  call('mode 13h', 0x10, { eax: 0x0013 }, { registers: { eax: 0xff } }),
  call('which mode now', 0x10, { eax: 0x0f00 }, { registers: { eax: 0xffff, ebx: 0xff00 } }),
  call('a dot', 0x10, { eax: 0x0c2a, ecx: 100, edx: 50 }, { registers: ALL }),
  call('read the dot', 0x10, { eax: 0x0d00, ecx: 100, edx: 50 }, { registers: { eax: 0xff } }),
  call('colour 40 of 256', 0x10, { eax: 0x1015, ebx: 40 }, { registers: { ecx: 0xffff, edx: 0xff00 } }),
  call('colour 200 of 256', 0x10, { eax: 0x1015, ebx: 200 }, { registers: { ecx: 0xffff, edx: 0xff00 } }),
  call('mode 12h', 0x10, { eax: 0x0012 }, { registers: { eax: 0xff } }),
  call('which mode is that', 0x10, { eax: 0x0f00 }, { registers: { eax: 0xffff, ebx: 0xff00 } }),
  call('a planar dot', 0x10, { eax: 0x0c0b, ecx: 333, edx: 222 }, { registers: ALL }),
  call('read the planar dot', 0x10, { eax: 0x0d00, ecx: 333, edx: 222 }, { registers: { eax: 0xff } }),
  call('exclusive or', 0x10, { eax: 0x0c83, ecx: 333, edx: 222 }, { registers: ALL }),
  call('read that dot', 0x10, { eax: 0x0d00, ecx: 333, edx: 222 }, { registers: { eax: 0xff } }),
  call('mode 4', 0x10, { eax: 0x0004 }, { registers: { eax: 0xff } }),
  call('a CGA dot', 0x10, { eax: 0x0c02, ecx: 11, edx: 33 }, { registers: ALL }),
  call('read the CGA dot', 0x10, { eax: 0x0d00, ecx: 11, edx: 33 }, { registers: { eax: 0xff } }),
  call('VBE information', 0x10, { eax: 0x4f00 }, { registers: AX, bufferBytes: 6 }),
  call('VBE mode', 0x10, { eax: 0x4f01, ecx: 0x4112 }, { registers: AX }),
  call('unknown VBE mode', 0x10, { eax: 0x4f01, ecx: 0x01ee }, { registers: AX }),
  call('set a VBE mode', 0x10, { eax: 0x4f02, ebx: 0x4101 }, { registers: AX }),
  call('VBE: which', 0x10, { eax: 0x4f03 }, { registers: { eax: 0xffff, ebx: 0xffff } }),
  call('VBE: scan line', 0x10, { eax: 0x4f06, ebx: 1 }, { registers: { eax: 0xffff, ebx: 0xffff, ecx: 0xffff } }),
  call('VBE: move the picture', 0x10, { eax: 0x4f07, ecx: 0, edx: 10 }, { registers: AX }),
  call('VBE: where it is', 0x10, { eax: 0x4f07, ebx: 1 }, { registers: { eax: 0xffff, ecx: 0xffff, edx: 0xffff } }),
  call('VBE: window', 0x10, { eax: 0x4f05, edx: 2 }, { registers: AX }),
  call('VBE: where the window is', 0x10, { eax: 0x4f05, ebx: 0x0100 }, { registers: { eax: 0xffff, edx: 0xffff } }),
  call('VBE: DAC', 0x10, { eax: 0x4f08, ebx: 0x0800 }, { registers: { eax: 0xffff, ebx: 0xff00 } }),
]

const others = [
  call('no printer', 0x17, { eax: 0x0200 }, {}),
  call('no fourth serial port', 0x14, { eax: 0x0300, edx: 3 }, { registers: {} }),
  call('serial status', 0x14, { eax: 0x0300 }, { registers: AH }),
  call('initialize the serial port', 0x14, { eax: 0x00e3 }, { registers: AH }),
  call('an alarm that is not set', 0x1a, { eax: 0x0700 }, { carry }),
  call('unknown time function', 0x1a, { eax: 0x7700 }, { carry }),
  call('mouse: reset', 0x15, { eax: 0xc201 }, { registers: { eax: 0xff00, ebx: 0xffff }, carry }),
  call('mouse: identify', 0x15, { eax: 0xc204 }, { registers: { eax: 0xff00, ebx: 0xff00 }, carry }),
  call('mouse: three bytes', 0x15, { eax: 0xc205, ebx: 0x0300 }, { registers: AH, carry }),
  call('mouse: rate', 0x15, { eax: 0xc202, ebx: 0x0200 }, { registers: AH, carry }),
  call('mouse: bad rate', 0x15, { eax: 0xc202, ebx: 0x0900 }, { registers: AH, carry }),
  call('mouse: resolution', 0x15, { eax: 0xc203, ebx: 0x0300 }, { registers: AH, carry }),
  call('mouse: status', 0x15, { eax: 0xc206 }, { registers: { eax: 0xff00, ebx: 0xff, ecx: 0xff, edx: 0xff }, carry }),
  call('mouse: handler', 0x15, { eax: 0xc207, ebx: 0x1234 }, { registers: AH, carry }),
  call('mouse: on', 0x15, { eax: 0xc200, ebx: 0x0100 }, { registers: AH, carry }),
  call('mouse: off', 0x15, { eax: 0xc200 }, { registers: AH, carry }),
]

/** Characters in graphics modes are drawn, scrolled, and recognized by their dots. */
const drawn = [0x04, 0x06, 0x0d, 0x10, 0x12, 0x13].flatMap((mode) => {
  const named = (what: string): string => `mode ${mode.toString(16)}: ${what}`
  return [
    call(named('set'), 0x10, { eax: mode }, { registers: { eax: 0xff } }),
    call(named('size'), 0x10, { eax: 0x0f00 }, { registers: { eax: 0xffff, ebx: 0xff00 } }),
    call(named('font'), 0x10, { eax: 0x1130, ebx: 0x0100 }, { registers: { ecx: 0xffff, edx: 0xff } }),
    call(named('cursor'), 0x10, { eax: 0x0200, edx: 0x0305 }, { registers: ALL }),
    call(named('draw'), 0x10, { eax: 0x0957, ebx: 0x0001, ecx: 3 }, { registers: ALL }),
    call(named('recognize'), 0x10, { eax: 0x0800 }, { registers: { eax: 0xff } }),
    call(named('upper half'), 0x10, { eax: 0x0a9c, ebx: 0x0001, ecx: 1 }, { registers: ALL }),
    call(named('recognize that'), 0x10, { eax: 0x0800 }, { registers: { eax: 0xff } }),
    call(named('scroll'), 0x10, { eax: 0x0601, ecx: 0x0000, edx: 0x0a1f }, { registers: ALL }),
    call(named('cursor above'), 0x10, { eax: 0x0200, edx: 0x0206 }, { registers: ALL }),
    call(named('recognize what moved'), 0x10, { eax: 0x0800 }, { registers: { eax: 0xff } }),
    call(named('palette'), 0x10, { eax: 0x1009 }, { bufferBytes: 17 }),
    call(named('colours'), 0x10, { eax: 0x1017, ecx: 16 }, { bufferBytes: 48 }),
  ]
})

const end = [call('back to text', 0x10, { eax: 0x0003 }, { registers: { eax: 0xff } })]

/** Every call that is made, in order: later ones see what earlier ones did. */
export const calls: readonly ComparedCall[] = [
  ...memory,
  ...keyboard,
  ...pci,
  ...floppy,
  ...disk,
  ...others,
  ...video,
  ...drawn,
  ...end,
]
