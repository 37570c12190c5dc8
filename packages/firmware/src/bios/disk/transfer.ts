import type { Context } from '../context.ts'
import type { Blocks } from './blocks.ts'
import { DiskStatus } from './status.ts'

/** Sectors that are moved at a time: 64 KiB of a disk. */
const BATCH_BYTES = 0x1_0000

export interface Transfer {
  readonly blocks: Blocks
  readonly first: number
  readonly count: number
  /** Linear address in guest memory. */
  readonly address: number
}

/** How it went, and how many sectors were moved. */
export interface Outcome {
  readonly status: DiskStatus
  readonly sectors: number
}

/** Whether all sectors of a transfer exist. */
export function isOnDisk({ blocks, first, count }: Transfer): boolean {
  return first >= 0 && count >= 0 && first + count <= blocks.sectors
}

function inBatches(transfer: Transfer, move: (sector: number, address: number, bytes: number) => boolean): Outcome {
  if (!isOnDisk(transfer)) return { status: DiskStatus.SECTOR_NOT_FOUND, sectors: 0 }
  const { blocks, first, count, address } = transfer
  const batch = BATCH_BYTES / blocks.sectorBytes
  for (let done = 0; done < count; done += batch) {
    const bytes = Math.min(batch, count - done) * blocks.sectorBytes
    if (!move(first + done, address + done * blocks.sectorBytes, bytes)) {
      return { status: DiskStatus.INVALID, sectors: done }
    }
  }
  return { status: DiskStatus.OK, sectors: count }
}

export function readSectors({ memory }: Context, transfer: Transfer): Outcome {
  return inBatches(transfer, (sector, address, bytes) => {
    const buffer = new Uint8Array(bytes)
    transfer.blocks.read(sector, buffer)
    return memory.store(address, buffer)
  })
}

export function writeSectors({ memory }: Context, transfer: Transfer): Outcome {
  if (transfer.blocks.readOnly) return { status: DiskStatus.WRITE_PROTECTED, sectors: 0 }
  return inBatches(transfer, (sector, address, bytes) => {
    const buffer = memory.load(address, bytes)
    if (buffer === null) return false
    transfer.blocks.write(sector, buffer)
    return true
  })
}

/** A diskette or disk does not lie: what is there can be read. */
export function verifySectors(_context: Context, transfer: Transfer): Outcome {
  const isThere = isOnDisk(transfer)
  return { status: isThere ? DiskStatus.OK : DiskStatus.SECTOR_NOT_FOUND, sectors: isThere ? transfer.count : 0 }
}
