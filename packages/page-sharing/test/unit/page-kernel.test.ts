import fc from 'fast-check'
import { expect, it } from 'vitest'
import xxhash from 'xxhash-wasm'
import { createKernel } from '../../src/internal/page-kernel.ts'
import type { PageKernel } from '../../src/internal/page-kernel.ts'
import { PAGE_BYTES } from '../../src/index.ts'
import type { SharableFrames } from '../../src/index.ts'

const PAGES = 16

/** The numbers that become the seed: low half, then high half. */
function numbers(seed: bigint): () => number {
  const halves = [Number(seed & 0xffffffffn) / 2 ** 32, Number(seed >> 32n) / 2 ** 32]
  return () => halves.shift()!
}

/** One kernel works in a WebAssembly memory, the other one copies from a plain buffer. */
function kernels(seed: bigint): Record<string, { kernel: PageKernel; bytes: Uint8Array }> {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
  const inPlace = { memory, bytes: new Uint8Array(memory.buffer) }
  const plain = { bytes: new Uint8Array(PAGES * PAGE_BYTES) }
  const made = (frames: { bytes: Uint8Array }): { kernel: PageKernel; bytes: Uint8Array } => ({
    kernel: createKernel(frames as SharableFrames, numbers(seed)),
    bytes: frames.bytes,
  })
  return { 'in place': made(inPlace), 'with copies': made(plain) }
}

const pageArbitrary = fc.oneof(
  fc.uint8Array({ minLength: PAGE_BYTES, maxLength: PAGE_BYTES }),
  fc.tuple(fc.nat(PAGE_BYTES - 1), fc.nat(255)).map(([at, byte]) => new Uint8Array(PAGE_BYTES).fill(byte, at)),
)

// Oracle: another implementation of XXH64.
it.each(['in place', 'with copies'])('hashes as XXH64 does, %s', async (how) => {
  const { h64Raw } = await xxhash()
  fc.assert(
    fc.property(pageArbitrary, fc.nat(PAGES - 1), fc.bigInt(0n, 2n ** 64n - 1n), (page, slot, seed) => {
      const { kernel, bytes } = kernels(seed)[how]!
      bytes.set(page, slot * PAGE_BYTES)
      const low = kernel.hash(slot * PAGE_BYTES)
      expect((BigInt(kernel.high >>> 0) << 32n) | BigInt(low >>> 0)).toBe(h64Raw(page, seed))
    }),
    { seed: 1, numRuns: 100 },
  )
})

// Oracle: byte by byte.
it.each(['in place', 'with copies'])('compares and recognizes zero, %s', (how) => {
  const { kernel, bytes } = kernels(1n)[how]!
  const [a, b] = [3 * PAGE_BYTES, (PAGES - 1) * PAGE_BYTES]
  for (let at = 0; at < PAGE_BYTES; at++) {
    bytes.fill(0)
    expect(kernel.isZero(b)).toBe(true)
    bytes[b + at] = 1 << (at & 7)
    expect(kernel.isZero(b)).toBe(false)
    expect(kernel.isEqual(a, b)).toBe(false)
    bytes[a + at] = bytes[b + at]!
    expect(kernel.isEqual(a, b)).toBe(true)
    // What lies before and behind a page is not part of it.
    bytes[a - 1] = bytes[a + PAGE_BYTES] = 7
    expect(kernel.isEqual(a, b)).toBe(true)
  }
})

/** Pages that differ little: counters, one bit set, repeated words, text with a number in it, pointers with a stride. */
function* structuredPages(): Generator<Uint8Array> {
  const page = new Uint8Array(PAGE_BYTES)
  const words = new Uint32Array(page.buffer)
  for (let bit = 0; bit < 8 * PAGE_BYTES; bit++) {
    page.fill(0)
    page[bit >> 3] = 1 << (bit & 7)
    yield page
  }
  for (let value = 1; value < 16384; value++) yield (words.fill(value), page)
  for (let value = 1; value < 16384; value++) yield (words.fill(0), words.fill(value << 12, 17, 19), page)
  for (let base = 0; base < 16384; base++) yield (words.forEach((_, i) => (words[i] = base + i)), page)
  for (let base = 0; base < 4096; base++)
    yield (words.forEach((_, i) => (words[i] = 0xc0000000 + (base + i) * 4096)), page)
}

it('has no two equal hashes among 86,000 pages that differ little, and spreads them evenly', () => {
  const { kernel, bytes } = kernels(0x1234_5678_9abc_def0n)['in place']!
  const seen = new Set<string>()
  const buckets = new Uint32Array(4096)
  const highBuckets = new Uint32Array(4096)
  let pages = 0
  for (const page of structuredPages()) {
    bytes.set(page)
    const low = kernel.hash(0)
    seen.add(`${low} ${kernel.high}`)
    buckets[low & 4095]!++
    highBuckets[kernel.high >>> 20]!++
    pages++
  }
  expect(pages).toBeGreaterThan(86_000)
  expect(seen.size).toBe(pages)
  for (const counts of [buckets, highBuckets]) {
    // Chi-squared with 4095 degrees of freedom: mean 4095, deviation 90.5. Five deviations are one chance in millions.
    const expected = pages / 4096
    const chiSquared = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    expect(Math.abs(chiSquared - 4095)).toBeLessThan(5 * 90.5)
  }
})

it('depends on its seed in every bit', () => {
  let differing = 0
  const first = kernels(0n)['in place']!.kernel.hash(0)
  for (let bit = 0n; bit < 64n; bit++) if (kernels(1n << bit)['in place']!.kernel.hash(0) !== first) differing++
  expect(differing).toBe(64)
})
