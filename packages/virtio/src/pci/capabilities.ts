import { BAR, NOTIFY_MULTIPLIER, Region } from './layout.ts'

/** A vendor-specific capability (PCI 3.0, appendix H). */
const VENDOR_SPECIFIC = 0x09
/** Kinds of structures (4.1.4). */
const Structure = { COMMON: 1, NOTIFY: 2, ISR: 3, DEVICE: 4, PCI_ACCESS: 5 } as const

/** A capability: `body` is what follows its number and the link. */
export interface PciCapability {
  readonly id: number
  readonly body: readonly number[]
  /** Bits of the body that the guest writes. */
  readonly writable: readonly number[]
  /** The guest reaches a BAR through this one's last four bytes. */
  readonly isWindow: boolean
}

/** Offsets in the capability that is a window to BARs (4.1.4.9). */
export const Window = { BAR: 4, OFFSET: 8, LENGTH: 12, DATA: 16, BYTES: 20 } as const

/** The structures of a modern device. */
export function capabilitiesOf(configBytes: number): PciCapability[] {
  return [
    structure(Structure.COMMON, Region.COMMON),
    structure(Structure.NOTIFY, Region.NOTIFY, littleEndian(NOTIFY_MULTIPLIER)),
    structure(Structure.ISR, Region.ISR),
    ...(configBytes > 0 ? [structure(Structure.DEVICE, { offset: Region.DEVICE.offset, bytes: configBytes })] : []),
    window(),
  ]
}

function structure(
  kind: number,
  region: { offset: number; bytes: number },
  more: readonly number[] = [],
): PciCapability {
  const body = fields(kind, BAR.MODERN, region, more)
  return { id: VENDOR_SPECIFIC, body, writable: [], isWindow: false }
}

function window(): PciCapability {
  const body = fields(Structure.PCI_ACCESS, 0, { offset: 0, bytes: 0 }, littleEndian(0))
  const writable = body.map((_, at) => (at === Window.BAR - 2 || at >= Window.OFFSET - 2 ? 0xff : 0))
  return { id: VENDOR_SPECIFIC, body, writable, isWindow: true }
}

/** Length of all, kind, BAR, padding, offset, length. */
function fields(
  kind: number,
  bar: number,
  region: { offset: number; bytes: number },
  more: readonly number[],
): number[] {
  const length = 16 + more.length
  return [length, kind, bar, 0, 0, 0, ...littleEndian(region.offset), ...littleEndian(region.bytes), ...more]
}

function littleEndian(value: number): number[] {
  return [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24]
}
