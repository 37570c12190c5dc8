import { PAGE_MODULE_BASE64 } from '../generated/page.ts'
import type { PageExports } from '../generated/page.ts'
import { PAGE_BYTES } from '../types.ts'
import type { PageHasher, SharableFrames } from '../types.ts'

/** What is done with whole pages, by their byte address in the frames' `bytes`. */
export interface PageKernel extends PageHasher {
  isEqual(a: number, b: number): boolean
  isZero(address: number): boolean
}

const WASM_PAGE_BYTES = 65536

function instantiate(memory: WebAssembly.Memory, random: () => number): PageExports {
  const text = atob(PAGE_MODULE_BASE64)
  const module = new WebAssembly.Module(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as PageExports
  exports.setSeed(random() * 2 ** 32, random() * 2 ** 32)
  return exports
}

/** Works in the frames' own memory. */
class KernelInPlace implements PageKernel {
  readonly #exports: PageExports

  constructor(memory: WebAssembly.Memory, random: () => number) {
    this.#exports = instantiate(memory, random)
  }

  hash(address: number): number {
    return this.#exports.hash(address)
  }

  get high(): number {
    return this.#exports.hashHigh()
  }

  isEqual(a: number, b: number): boolean {
    return this.#exports.equal(a, b) === 1
  }

  isZero(address: number): boolean {
    return this.#exports.isZero(address) === 1
  }
}

/** Copies pages of a plain buffer into two slots of a memory of its own, and works there. */
class KernelWithCopies implements PageKernel {
  readonly #bytes: Uint8Array
  readonly #slots: Uint8Array
  readonly #exports: PageExports

  constructor(bytes: Uint8Array, random: () => number) {
    const memory = new WebAssembly.Memory({ initial: Math.ceil((2 * PAGE_BYTES) / WASM_PAGE_BYTES) })
    this.#bytes = bytes
    this.#slots = new Uint8Array(memory.buffer)
    this.#exports = instantiate(memory, random)
  }

  hash(address: number): number {
    return this.#exports.hash(this.#copy(address, 0))
  }

  get high(): number {
    return this.#exports.hashHigh()
  }

  isEqual(a: number, b: number): boolean {
    return this.#exports.equal(this.#copy(a, 0), this.#copy(b, PAGE_BYTES)) === 1
  }

  isZero(address: number): boolean {
    return this.#exports.isZero(this.#copy(address, 0)) === 1
  }

  #copy(address: number, slot: number): number {
    this.#slots.set(this.#bytes.subarray(address, address + PAGE_BYTES), slot)
    return slot
  }
}

/** A module that imports a memory says whether it is shared between threads; ours says that it is not. */
function isReadableInPlace(memory: WebAssembly.Memory, bytes: Uint8Array): boolean {
  return memory.buffer === bytes.buffer && memory.buffer instanceof ArrayBuffer
}

export function createKernel({ bytes, memory }: SharableFrames, random: () => number): PageKernel {
  return memory && isReadableInPlace(memory, bytes)
    ? new KernelInPlace(memory, random)
    : new KernelWithCopies(bytes, random)
}
