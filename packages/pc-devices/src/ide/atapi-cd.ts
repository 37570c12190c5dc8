import { storeCan, type BlockStore } from './block-store.ts'
import { Drive, initialDrive } from './drive.ts'
import { identifyCd } from './identify.ts'
import * as replies from './packet-replies.ts'
import {
  CD_SECTOR_BYTES,
  Command,
  ErrorBit,
  Feature,
  MediaEvent,
  PACKET_BYTES,
  PacketCommand,
  Reason,
  Sense,
  Status,
} from './registers.ts'
import type { AtapiCdState } from './state.ts'

export interface AtapiCdOptions {
  /** The disc; absent: the tray is empty. */
  store?: BlockStore | null
  serial?: string
  model?: string
  /** The guest opened the tray. */
  onEject?: () => void
}

/** Sectors read ahead: what one block over the data register can hold. */
const BATCH_SECTORS = 31

function initialCd(): AtapiCdState {
  return {
    ...initialDrive(),
    kind: 'cd',
    sense: Sense.NONE,
    unitAttention: false,
    event: 0,
    locked: false,
    reply: [],
    byteLimit: 0,
    dma: false,
    transferMode: 0x45,
  }
}

/** An ATAPI CD-ROM drive. */
export class AtapiCd extends Drive<AtapiCdState> {
  readonly #options: AtapiCdOptions
  #store: BlockStore | null
  #reply: Uint8Array = new Uint8Array(0)

  constructor(options: AtapiCdOptions = {}) {
    super(initialCd())
    this.#options = options
    this.#store = checked(options.store ?? null)
    this.signature()
  }

  get loaded(): boolean {
    return this.#store !== null
  }

  /** The guest keeps the tray shut. */
  get locked(): boolean {
    return this.state.locked
  }

  /** The button of the drive, pressed while the tray is locked: a guest that polls for events is told of it (MMC-3, 5.7). */
  requestEject(): void {
    this.state.event = MediaEvent.EJECT_REQUEST
  }

  /** Puts a disc in, or takes it out (null). The guest is told by unit attention. */
  insert(store: BlockStore | null): void {
    this.#store = checked(store)
    this.state.remaining = 0
    this.state.unitAttention = store !== null
    this.state.event = store ? MediaEvent.NEW_MEDIUM : MediaEvent.REMOVAL
  }

  override snapshot(): AtapiCdState {
    return { ...super.snapshot(), reply: [...this.#reply] }
  }

  override restore(state: AtapiCdState): void {
    super.restore({ ...state, reply: [] })
    this.#reply = Uint8Array.from(state.reply)
  }

  reset(): void {
    this.state = initialCd()
    this.softReset()
  }

  dmaFailed(): void {
    this.#check(Sense.DMA_FAILED)
  }

  protected override stop(): void {
    super.stop()
    this.#reply = new Uint8Array(0)
  }

  protected signature(): void {
    const { state } = this
    state.count = state.lbaLow = 1
    state.lbaMid = 0x14
    state.lbaHigh = 0xeb
    state.device = 0
    state.error = ErrorBit.DIAGNOSTIC_PASSED
    // A packet device shows no ready bit before its first packet.
    state.status = 0
  }

  protected execute(code: number): void {
    const { state } = this
    switch (code) {
      case Command.PACKET:
        state.byteLimit = (state.lbaMid & 0xff) | ((state.lbaHigh & 0xff) << 8)
        state.dma = (state.features & 1) !== 0
        this.#reason(Reason.COMMAND)
        return this.offer('packet', new Uint8Array(PACKET_BYTES))
      case Command.IDENTIFY_PACKET:
        state.error = 0
        state.byteLimit = 512
        this.offer(
          'in',
          identifyCd(this.#options.serial ?? 'MICA0002', this.#options.model ?? 'MICA CD-ROM', state.transferMode),
        )
        return this.raise()
      case Command.DEVICE_RESET:
        this.stop()
        return this.signature()
      case Command.SET_FEATURES:
        if ((state.features & 0xff) === Feature.SET_TRANSFER_MODE) state.transferMode = state.count & 0xff
        return this.complete()
      case Command.FLUSH:
      case Command.IDLE_IMMEDIATE:
      case Command.STANDBY_IMMEDIATE:
      case Command.SLEEP:
        return this.complete()
      case Command.CHECK_POWER:
        state.count = 0xff
        return this.complete()
      default:
        // IDENTIFY DEVICE and READ SECTORS show what the drive is, and fail.
        if (code === Command.IDENTIFY || code === Command.READ_SECTORS) this.signature()
        this.fail(ErrorBit.ABRT)
    }
  }

  protected blockDone(): void {
    if (this.state.phase === 'packet') return this.#packet(this.block)
    this.#continue()
  }

  #reason(reason: number): void {
    this.state.count = (this.state.count & ~7) | reason
  }

  /** The command is over: good status. */
  #good(): void {
    this.state.sense = Sense.NONE
    this.complete()
    this.#reason(Reason.COMMAND | Reason.TO_HOST)
  }

  /** Check condition: the sense key is in the error register's high half. */
  #check(sense: number): void {
    this.state.sense = sense
    this.fail(((sense >> 16) << 4) | ErrorBit.ABRT)
    this.#reason(Reason.COMMAND | Reason.TO_HOST)
  }

  #packet(packet: Uint8Array): void {
    const { state } = this
    const code = packet[0]!
    state.error = 0
    const always =
      code === PacketCommand.INQUIRY ||
      code === PacketCommand.REQUEST_SENSE ||
      code === PacketCommand.GET_CONFIGURATION ||
      code === PacketCommand.GET_EVENT_STATUS
    if (state.unitAttention && !always) {
      state.unitAttention = false
      return this.#check(Sense.MEDIUM_CHANGED)
    }
    const store = this.#store
    if (this.#withoutMedium(code, packet)) return
    if (!store) return this.#check(KNOWN_WITH_MEDIUM.has(code) ? Sense.NOT_READY_NO_MEDIUM : Sense.INVALID_OPCODE)
    this.#withMedium(code, packet, store)
  }

  #withoutMedium(code: number, packet: Uint8Array): boolean {
    const { state } = this
    switch (code) {
      case PacketCommand.INQUIRY:
        this.#answer(replies.inquiry(this.#options.model ?? 'CD-ROM'), packet[4]!)
        return true
      case PacketCommand.REQUEST_SENSE: {
        const sense = state.unitAttention ? Sense.MEDIUM_CHANGED : state.sense
        state.unitAttention = false
        this.#answer(replies.requestSense(sense), packet[4]!)
        return true
      }
      case PacketCommand.GET_CONFIGURATION:
        this.#answer(replies.configuration(this.loaded), replies.get(packet, 7, 2))
        return true
      case PacketCommand.GET_EVENT_STATUS:
        // Only polling: there is nothing that waits.
        if (!(packet[1]! & 1)) this.#check(Sense.INVALID_FIELD)
        else this.#answer(replies.eventStatus(packet[4]!, state.event, this.loaded), replies.get(packet, 7, 2))
        if (packet[1]! & 1 && packet[4]! & 0x10) state.event = 0
        return true
      case PacketCommand.MODE_SENSE_10:
        this.#answer(replies.modeSense(packet[2]! & 0x3f, state.locked), replies.get(packet, 7, 2))
        return true
      case PacketCommand.MECHANISM_STATUS:
        this.#answer(Uint8Array.from([0, 0, 0, 0, 0, 1, 0, 0]), replies.get(packet, 8, 2))
        return true
      case PacketCommand.PREVENT_REMOVAL:
        state.locked = (packet[4]! & 1) !== 0
        this.#good()
        return true
      case PacketCommand.START_STOP:
        this.#startStop(packet[4]! & 3)
        return true
      default:
        return false
    }
  }

  #startStop(operation: number): void {
    if (operation !== 2) return this.#good()
    if (this.state.locked) return this.#check(Sense.REMOVAL_PREVENTED)
    if (this.#store) {
      this.insert(null)
      this.#options.onEject?.()
    }
    this.#good()
  }

  #withMedium(code: number, packet: Uint8Array, store: BlockStore): void {
    switch (code) {
      case PacketCommand.TEST_UNIT_READY:
        return this.#good()
      case PacketCommand.SEEK_10:
        return replies.get(packet, 2, 4) < store.sectors ? this.#good() : this.#check(Sense.LBA_OUT_OF_RANGE)
      case PacketCommand.READ_CAPACITY:
        return this.#answer(replies.capacity(store.sectors, CD_SECTOR_BYTES), 8)
      case PacketCommand.READ_10:
        return this.#read(replies.get(packet, 2, 4), replies.get(packet, 7, 2))
      case PacketCommand.READ_12:
        return this.#read(replies.get(packet, 2, 4), replies.get(packet, 6, 4))
      case PacketCommand.READ_CD:
        // Of the many forms only user data, which is what data discs have.
        if ((packet[9]! & 0xf8) === 0) return this.#good()
        if ((packet[9]! & 0xf8) !== 0x10) return this.#check(Sense.INVALID_FIELD)
        return this.#read(replies.get(packet, 2, 4), replies.get(packet, 6, 3))
      case PacketCommand.READ_TOC: {
        const format = packet[2]! & 0x0f || packet[9]! >> 6
        const toc = replies.tableOfContents(format, packet[6]!, (packet[1]! & 2) !== 0, store.sectors)
        return this.#answer(toc, replies.get(packet, 7, 2))
      }
      case PacketCommand.READ_DISC_INFORMATION:
        return this.#answer(replies.discInformation(), replies.get(packet, 7, 2))
      default:
        this.#check(Sense.INVALID_OPCODE)
    }
  }

  #read(lba: number, sectors: number): void {
    if (lba + sectors > this.#store!.sectors) return this.#check(Sense.LBA_OUT_OF_RANGE)
    this.state.lba = lba
    this.state.remaining = sectors
    this.#reply = new Uint8Array(0)
    this.#continue()
  }

  #answer(reply: Uint8Array | null, allocated: number): void {
    if (reply === null) return this.#check(Sense.INVALID_FIELD)
    this.state.remaining = 0
    this.#reply = reply.slice(0, allocated)
    this.#continue()
  }

  /** The next block for the host, or the end of the command. */
  #continue(): void {
    const { state } = this
    const store = this.#store
    if (this.#reply.length === 0 && state.remaining > 0 && store) {
      const sectors = Math.min(BATCH_SECTORS, state.remaining)
      const reply = new Uint8Array(sectors * CD_SECTOR_BYTES)
      if (!storeCan(() => store.read(state.lba, reply))) return this.#check(Sense.UNRECOVERED_READ)
      this.#reply = reply
      state.lba += sectors
      state.remaining -= sectors
    }
    if (this.#reply.length === 0) return this.#end()
    if (state.dma) {
      const block = this.#reply
      this.#reply = new Uint8Array(0)
      return this.offer('dma-in', block)
    }
    let limit = state.byteLimit === 0 || state.byteLimit === 0xffff ? 0xfffe : state.byteLimit
    if (limit < this.#reply.length) limit = Math.max(2, limit & ~1)
    const block = this.#reply.slice(0, limit)
    this.#reply = this.#reply.slice(limit)
    state.lbaMid = block.length & 0xff
    state.lbaHigh = block.length >> 8
    this.#reason(Reason.TO_HOST)
    this.offer('in', block)
    this.raise()
  }

  /** IDENTIFY PACKET DEVICE is no packet: its block ends it without another interrupt. */
  #end(): void {
    const identify = this.state.phase === 'in' && this.block.length === 512 && this.state.byteLimit === 512
    if (!identify) return this.#good()
    this.stop()
    this.state.status = Status.DRDY | Status.DSC
  }
}

/** Commands that fail for want of a disc, rather than for being unknown. */
const KNOWN_WITH_MEDIUM: ReadonlySet<number> = new Set([
  PacketCommand.TEST_UNIT_READY,
  PacketCommand.SEEK_10,
  PacketCommand.READ_CAPACITY,
  PacketCommand.READ_10,
  PacketCommand.READ_12,
  PacketCommand.READ_CD,
  PacketCommand.READ_TOC,
  PacketCommand.READ_DISC_INFORMATION,
])

function checked(store: BlockStore | null): BlockStore | null {
  if (store && store.sectorBytes !== CD_SECTOR_BYTES) {
    throw new RangeError(`a CD-ROM has sectors of 2048 bytes, got ${store.sectorBytes}`)
  }
  if (store && !(store.sectors >= 1 && store.sectors <= 2 ** 32)) {
    throw new RangeError(`a CD-ROM has 1..2^32 sectors, got ${store.sectors}`)
  }
  return store
}
