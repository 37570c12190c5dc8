import { storeCan, type BlockStore } from './block-store.ts'
import { Drive, initialDrive } from './drive.ts'
import { DEFAULT_HEADS, DEFAULT_SECTORS_PER_TRACK, identifyDisk } from './identify.ts'
import { Command, DeviceBit, ErrorBit, Feature, MULTIPLE_SECTORS, SECTOR_BYTES, Status } from './registers.ts'
import type { AtaDiskState } from './state.ts'

export interface AtaDiskOptions {
  store: BlockStore
  /** At most 20 characters. */
  serial?: string
  /** At most 40 characters. */
  model?: string
}

/** Sectors of one step of a DMA transfer. */
const DMA_SECTORS = 128

function initialDisk(): AtaDiskState {
  return {
    ...initialDrive(),
    kind: 'disk',
    multiple: MULTIPLE_SECTORS,
    heads: DEFAULT_HEADS,
    sectorsPerTrack: DEFAULT_SECTORS_PER_TRACK,
    transferMode: 0x45,
    writeCache: true,
  }
}

type Transfer = [phase: 'in' | 'out' | 'dma-in' | 'dma-out', wide: boolean, multiple: boolean]

const TRANSFERS: ReadonlyMap<number, Transfer> = new Map<number, Transfer>([
  [Command.READ_SECTORS, ['in', false, false]],
  [Command.READ_SECTORS_NO_RETRY, ['in', false, false]],
  [Command.READ_SECTORS_EXT, ['in', true, false]],
  [Command.READ_MULTIPLE, ['in', false, true]],
  [Command.READ_MULTIPLE_EXT, ['in', true, true]],
  [Command.WRITE_SECTORS, ['out', false, false]],
  [Command.WRITE_SECTORS_NO_RETRY, ['out', false, false]],
  [Command.WRITE_SECTORS_EXT, ['out', true, false]],
  [Command.WRITE_MULTIPLE, ['out', false, true]],
  [Command.WRITE_MULTIPLE_EXT, ['out', true, true]],
  [Command.READ_DMA, ['dma-in', false, false]],
  [Command.READ_DMA_NO_RETRY, ['dma-in', false, false]],
  [Command.READ_DMA_EXT, ['dma-in', true, false]],
  [Command.WRITE_DMA, ['dma-out', false, false]],
  [Command.WRITE_DMA_NO_RETRY, ['dma-out', false, false]],
  [Command.WRITE_DMA_EXT, ['dma-out', true, false]],
])

/** An ATA hard disk. */
export class AtaDisk extends Drive<AtaDiskState> {
  readonly #store: BlockStore
  readonly #serial: string
  readonly #model: string

  constructor({ store, serial = 'MICA0001', model = 'MICA HARDDISK' }: AtaDiskOptions) {
    if (store.sectorBytes !== SECTOR_BYTES)
      throw new RangeError(`a disk has sectors of 512 bytes, got ${store.sectorBytes}`)
    if (!(store.sectors >= 1 && store.sectors < 2 ** 48)) {
      throw new RangeError(`a disk has 1..2^48-1 sectors, got ${store.sectors}`)
    }
    super(initialDisk())
    this.#store = store
    this.#serial = serial
    this.#model = model
  }

  reset(): void {
    this.state = initialDisk()
    this.softReset()
  }

  dmaFailed(): void {
    this.fail(ErrorBit.ABRT)
  }

  protected signature(): void {
    const { state } = this
    state.count = state.lbaLow = 1
    state.lbaMid = state.lbaHigh = state.device = 0
    state.error = ErrorBit.DIAGNOSTIC_PASSED
  }

  protected execute(code: number): void {
    const transfer = TRANSFERS.get(code)
    if (transfer) this.#transfer(...transfer)
    else if (code >= Command.SEEK && code < Command.SEEK + 16) this.#verify(false, 1)
    else if (code >= Command.RECALIBRATE && code < Command.RECALIBRATE + 16) this.complete()
    else this.#other(code)
  }

  #other(code: number): void {
    const { state } = this
    switch (code) {
      case Command.IDENTIFY:
        state.error = 0
        this.offer(
          'in',
          identifyDisk({ ...state, sectors: this.#store.sectors, serial: this.#serial, model: this.#model }),
        )
        return this.raise()
      case Command.READ_VERIFY:
      case Command.READ_VERIFY_NO_RETRY:
        return this.#verify(false)
      case Command.READ_VERIFY_EXT:
        return this.#verify(true)
      case Command.INITIALIZE_PARAMETERS:
        state.heads = (state.device & DeviceBit.HEAD) + 1
        state.sectorsPerTrack = state.count & 0xff || DEFAULT_SECTORS_PER_TRACK
        return this.complete()
      case Command.SET_MULTIPLE:
        return this.#setMultiple(state.count & 0xff)
      case Command.SET_FEATURES:
        return this.#setFeatures()
      case Command.FLUSH:
      case Command.FLUSH_EXT:
        return this.#flush()
      case Command.CHECK_POWER:
        state.count = 0xff
        return this.complete()
      case Command.STANDBY_IMMEDIATE:
      case Command.IDLE_IMMEDIATE:
      case Command.STANDBY:
      case Command.IDLE:
      case Command.SLEEP:
        return this.complete()
      case Command.READ_NATIVE_MAX:
      case Command.READ_NATIVE_MAX_EXT:
        this.#putLba(this.#store.sectors - 1, code === Command.READ_NATIVE_MAX_EXT)
        return this.complete()
      default:
        this.fail(ErrorBit.ABRT)
    }
  }

  #flush(): void {
    if (storeCan(() => this.#store.flush())) this.complete()
    else this.fail(ErrorBit.ABRT)
  }

  #setMultiple(sectors: number): void {
    if (sectors > MULTIPLE_SECTORS || (sectors & (sectors - 1)) !== 0) return this.fail(ErrorBit.ABRT)
    this.state.multiple = sectors
    this.complete()
  }

  #setFeatures(): void {
    const { state } = this
    switch (state.features & 0xff) {
      case Feature.SET_TRANSFER_MODE:
        state.transferMode = state.count & 0xff
        return this.complete()
      case Feature.ENABLE_WRITE_CACHE:
        state.writeCache = true
        return this.complete()
      case Feature.DISABLE_WRITE_CACHE:
        state.writeCache = false
        return this.#flush()
      case Feature.DISABLE_READ_AHEAD:
      case Feature.ENABLE_READ_AHEAD:
      case Feature.KEEP_DEFAULTS:
      case Feature.REVERT_DEFAULTS:
        return this.complete()
      default:
        this.fail(ErrorBit.ABRT)
    }
  }

  /** The address in the task file, -1 if there is no such sector. */
  #lba(wide: boolean): number {
    const { lbaLow, lbaMid, lbaHigh, device, heads, sectorsPerTrack } = this.state
    const low = (lbaLow & 0xff) | ((lbaMid & 0xff) << 8) | ((lbaHigh & 0xff) << 16)
    const head = device & DeviceBit.HEAD
    if (wide) return low + ((lbaLow >> 8) | (lbaMid & 0xff00)) * 2 ** 24 + (lbaHigh >> 8) * 2 ** 40
    if (device & DeviceBit.LBA) return low + head * 2 ** 24
    const sector = lbaLow & 0xff
    if (sector === 0 || sector > sectorsPerTrack || head >= heads) return -1
    return ((low >> 8) * heads + head) * sectorsPerTrack + sector - 1
  }

  #putLba(lba: number, wide: boolean): void {
    const { state } = this
    const [low, middle, high] = [lba % 2 ** 24, Math.floor(lba / 2 ** 24) % 2 ** 24, wide]
    state.lbaLow = (low & 0xff) | (high ? (middle & 0xff) << 8 : 0)
    state.lbaMid = ((low >> 8) & 0xff) | (high ? middle & 0xff00 : 0)
    state.lbaHigh = (low >> 16) | (high ? (middle >> 8) & 0xff00 : 0)
    if (!wide) state.device = (state.device & ~DeviceBit.HEAD) | Math.min(middle, DeviceBit.HEAD)
  }

  /** Whether the addressed sectors exist; the command fails if not. */
  #locate(wide: boolean, count?: number): boolean {
    const { state } = this
    const lba = this.#lba(wide)
    const sectors = count ?? (wide ? state.count || 0x1_0000 : state.count & 0xff || 0x100)
    if (lba < 0 || lba + sectors > this.#store.sectors) {
      this.fail(ErrorBit.IDNF)
      return false
    }
    state.lba = lba
    state.remaining = sectors
    state.error = 0
    return true
  }

  #verify(wide: boolean, count?: number): void {
    if (this.#locate(wide, count)) this.complete()
  }

  #transfer(phase: Transfer[0], wide: boolean, multiple: boolean): void {
    const { state } = this
    const writes = phase === 'out' || phase === 'dma-out'
    if ((multiple && state.multiple === 0) || (writes && this.#store.readOnly)) return this.fail(ErrorBit.ABRT)
    if (!this.#locate(wide)) return
    state.blockSectors = phase === 'dma-in' || phase === 'dma-out' ? DMA_SECTORS : multiple ? state.multiple : 1
    // The first block of a read is announced; a write's is not.
    if (this.#nextBlock(phase) && phase === 'in') this.raise()
  }

  /** False: the sectors cannot be read, and the command has failed. */
  #nextBlock(phase: Transfer[0]): boolean {
    const { state } = this
    const sectors = Math.min(state.blockSectors, state.remaining)
    const block = new Uint8Array(sectors * SECTOR_BYTES)
    const reads = phase === 'in' || phase === 'dma-in'
    if (reads && !storeCan(() => this.#store.read(state.lba, block))) {
      this.#failAt(state.lba, ErrorBit.UNC)
      return false
    }
    this.offer(phase, block)
    return true
  }

  /** The command fails at a sector, which the task file names (ATA/ATAPI-6, 8.27.6). */
  #failAt(lba: number, error: number): void {
    this.#putLba(lba, lba >= 2 ** 28)
    this.fail(error)
  }

  protected blockDone(): void {
    const { state } = this
    const phase = state.phase as Transfer[0]
    // IDENTIFY has no sectors.
    const sectors = Math.min(state.remaining, this.block.length / SECTOR_BYTES)
    const writes = phase === 'out' || phase === 'dma-out'
    if (writes && !storeCan(() => this.#store.write(state.lba, this.block))) {
      return this.#failAt(state.lba, ErrorBit.ABRT)
    }
    state.lba += sectors
    state.remaining -= sectors
    if (state.remaining > 0) {
      if (this.#nextBlock(phase) && (phase === 'in' || phase === 'out')) this.raise()
    } else if (phase === 'in') {
      // The interrupt came with the block.
      this.stop()
      state.status = Status.DRDY | Status.DSC
    } else {
      this.complete()
    }
  }
}
