/** Feature bits that do not belong to one kind of device (VIRTIO 1.2, chapter 6). */
export const Feature = {
  /** Legacy: the device does not care how a buffer is cut into descriptors. */
  ANY_LAYOUT: 27,
  INDIRECT_DESC: 28,
  EVENT_IDX: 29,
  VERSION_1: 32,
  RING_PACKED: 34,
} as const

/** Device status (2.1). */
export const Status = {
  ACKNOWLEDGE: 0x01,
  DRIVER: 0x02,
  DRIVER_OK: 0x04,
  FEATURES_OK: 0x08,
  NEEDS_RESET: 0x40,
  FAILED: 0x80,
} as const

/** Flags of a descriptor (2.7.5, 2.8.5). */
export const Descriptor = {
  NEXT: 0x1,
  WRITE: 0x2,
  INDIRECT: 0x4,
  /** Packed rings alone. */
  AVAILABLE: 0x80,
  USED: 0x8000,
} as const

export const DESCRIPTOR_BYTES = 16

/** Kinds of devices (chapter 5). */
export const DeviceId = {
  NETWORK: 1,
  BLOCK: 2,
  CONSOLE: 3,
  ENTROPY: 4,
  BALLOON: 5,
  SCSI: 8,
  NINE_P: 9,
} as const
