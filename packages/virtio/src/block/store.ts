/**
 * Port: what a disk keeps its sectors in. Reads and writes are whole sectors of `sectorBytes`, and never past `sectors`. It answers at
 * once; what it throws when it cannot is the guest's I/O error, see `BlockOptions.isStoreFailure`.
 */
export interface BlockBacking {
  /** 512, or a larger power of two. */
  readonly sectorBytes: number
  readonly sectors: number
  readonly readOnly: boolean
  read(sector: number, into: Uint8Array): void
  write(sector: number, from: Uint8Array): void
  /** What was written shall last. */
  flush(): void
  /** What these sectors hold is of no more use; they may read as anything afterwards. Absent: discarding is not offered. */
  trim?(sector: number, sectors: number): void
}
