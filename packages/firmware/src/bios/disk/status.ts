/** What AH says after a call of INT 13h. */
export const DiskStatus = {
  OK: 0x00,
  INVALID: 0x01,
  BAD_ADDRESS_MARK: 0x02,
  WRITE_PROTECTED: 0x03,
  SECTOR_NOT_FOUND: 0x04,
  CHANGED: 0x06,
  MEDIA_UNKNOWN: 0x0c,
  /** Seek. */
  SEEK: 0x40,
  /** No drive, or it does not answer. */
  TIMED_OUT: 0x80,
  NOT_READY: 0xaa,
  /** Extensions: the volume is not locked in the drive, is locked, cannot be removed, is locked too often. */
  NOT_LOCKED: 0xb0,
  LOCKED: 0xb1,
  NOT_REMOVABLE: 0xb2,
  NO_MEDIUM: 0x31,
} as const
export type DiskStatus = (typeof DiskStatus)[keyof typeof DiskStatus]
