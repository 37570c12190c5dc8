import { DeviceId } from '../registers.ts'

/** Red Hat's vendor number, which all virtio devices have (4.1.2). */
export const VENDOR_ID = 0x1af4

/** Which drivers a device is for: of VIRTIO 1, of VIRTIO 1 and before, or of before alone. */
export type PciMode = 'modern' | 'transitional' | 'legacy'

/** Base address registers. */
export const BAR = { LEGACY: 0, MSIX: 1, MODERN: 4 } as const

/** What lies where in the modern BAR. Each part has a page of its own. */
export const Region = {
  COMMON: { offset: 0x0000, bytes: 0x40 },
  ISR: { offset: 0x1000, bytes: 0x4 },
  DEVICE: { offset: 0x2000, bytes: 0x1000 },
  NOTIFY: { offset: 0x3000, bytes: 0x1000 },
} as const
export const MODERN_BAR_BYTES = 0x4000
/** Bytes between the addresses by which two queues are notified. */
export const NOTIFY_MULTIPLIER = 4
export const MOST_QUEUES: number = Region.NOTIFY.bytes / NOTIFY_MULTIPLIER

/** "No vector" in the registers of MSI-X vectors (4.1.5.1.2). */
export const NO_VECTOR = 0xffff

/** Bits of the interrupt status (4.1.4.5). */
export const Isr = { QUEUE: 0x1, CONFIG: 0x2 } as const

/** PCI class, sub-class and interface by kind of device. */
const classCodes: Readonly<Record<number, number>> = {
  [DeviceId.NETWORK]: 0x02_00_00,
  [DeviceId.BLOCK]: 0x01_00_00,
  [DeviceId.CONSOLE]: 0x07_80_00,
  [DeviceId.SCSI]: 0x01_00_00,
}
const OTHER_CLASS = 0x00_ff_00

/** Device numbers of transitional devices (4.1.2.1). */
const transitionalIds: Readonly<Record<number, number>> = {
  [DeviceId.NETWORK]: 0x1000,
  [DeviceId.BLOCK]: 0x1001,
  [DeviceId.BALLOON]: 0x1002,
  [DeviceId.CONSOLE]: 0x1003,
  [DeviceId.SCSI]: 0x1004,
  [DeviceId.ENTROPY]: 0x1005,
  [DeviceId.NINE_P]: 0x1009,
}
const FIRST_MODERN_ID = 0x1040

/** Whether drivers of before VIRTIO 1 know the kind of device. */
export function hasLegacyForm(kind: number): boolean {
  return transitionalIds[kind] !== undefined
}

/** What identifies a PCI function. */
export interface PciNumbers {
  readonly vendorId: number
  readonly deviceId: number
  readonly revisionId: number
  readonly subsystemVendorId: number
  readonly subsystemId: number
  readonly classCode: number
}

/**
 * 4.1.2. Drivers of before VIRTIO 1 take revision 0 alone, and know the kind of device by the subsystem number.
 * @throws RangeError for a kind of device that did not exist before VIRTIO 1.
 */
export function pciNumbers(kind: number, mode: PciMode): PciNumbers {
  const classCode = classCodes[kind] ?? OTHER_CLASS
  const common = { vendorId: VENDOR_ID, subsystemVendorId: VENDOR_ID, classCode }
  const modernId = FIRST_MODERN_ID + kind
  if (mode === 'modern') return { ...common, deviceId: modernId, revisionId: 1, subsystemId: modernId }
  const deviceId = transitionalIds[kind]
  if (deviceId === undefined) throw new RangeError(`device ${kind} has no ${mode} form: only modern will do`)
  return { ...common, deviceId, revisionId: 0, subsystemId: kind }
}
