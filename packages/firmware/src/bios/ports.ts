import type { BiosPorts } from './types.ts'

/** I/O in bytes and words, and through pairs of index and data ports. */
export class Ports {
  readonly #ports: BiosPorts

  constructor(ports: BiosPorts) {
    this.#ports = ports
  }

  in8(port: number): number {
    return this.#ports.readPort(port, 1) & 0xff
  }

  in16(port: number): number {
    return this.#ports.readPort(port, 2) & 0xffff
  }

  in32(port: number): number {
    return this.#ports.readPort(port, 4) >>> 0
  }

  out8(port: number, value: number): void {
    this.#ports.writePort(port, 1, value & 0xff)
  }

  out16(port: number, value: number): void {
    this.#ports.writePort(port, 2, value & 0xffff)
  }

  out32(port: number, value: number): void {
    this.#ports.writePort(port, 4, value >>> 0)
  }

  /** Reads register `index` behind an index port and the data port after it. */
  readIndexed(indexPort: number, index: number): number {
    this.out8(indexPort, index)
    return this.in8(indexPort + 1)
  }

  writeIndexed(indexPort: number, index: number, value: number): void {
    this.out8(indexPort, index)
    this.out8(indexPort + 1, value)
  }
}
