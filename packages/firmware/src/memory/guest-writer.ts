import { FirmwareError } from '../errors.ts'
import type { GuestMemory } from '../types.ts'

const CHUNK = 0x10000

/** Guest memory where a refused access is an error: loaders only touch what the RAM ranges promised. */
export class GuestWriter {
  private readonly memory: GuestMemory

  constructor(memory: GuestMemory) {
    this.memory = memory
  }

  write(address: number, bytes: Uint8Array): void {
    if (bytes.length > 0 && !this.memory.write(address, bytes)) {
      throw new FirmwareError({ kind: 'memory-refused', address, bytes: bytes.length })
    }
  }

  /** Clears memory without writing to what is clear already, so that untouched pages stay untouched. */
  clear(address: number, bytes: number): void {
    const present = new Uint8Array(Math.min(bytes, CHUNK))
    const zeros = new Uint8Array(present.length)
    for (let done = 0; done < bytes; done += CHUNK) {
      const length = Math.min(CHUNK, bytes - done)
      const chunk = present.subarray(0, length)
      if (!this.memory.read(address + done, chunk))
        throw new FirmwareError({ kind: 'memory-refused', address: address + done, bytes: length })
      if (chunk.some((byte) => byte !== 0)) this.write(address + done, zeros.subarray(0, length))
    }
  }

  /** For places that may be ROM or nothing: false when they are. */
  tryWrite(address: number, bytes: Uint8Array): boolean {
    return this.memory.write(address, bytes)
  }
}
