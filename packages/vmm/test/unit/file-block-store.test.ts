import { readFileSync, truncateSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BlockStoreError } from '@mica-vm/pc-devices'
import { FileBlockStore } from '../../src/node/file-block-store.ts'
import { scratch } from '../support/command.ts'

const files = scratch()
const sector = (value: number): Uint8Array => new Uint8Array(512).fill(value)

test('sectors are read and written in place', () => {
  const path = files.file('disk', new Uint8Array(2048))
  const store = new FileBlockStore(path, { sectorBytes: 512, writable: true })
  store.write(2, sector(7))
  store.flush()
  const back = new Uint8Array(1024)
  store.read(1, back)
  expect([store.sectors, store.readOnly, back[511], back[512]]).toEqual([4, false, 0, 7])
  expect(readFileSync(path)[1024]).toBe(7)
  store.close()
})

test.each([
  ['absent', null, /no such file/],
  ['empty', new Uint8Array(0), /it is empty/],
  ['cut', new Uint8Array(700), /700 bytes, which is no multiple of a sector of 512: is it cut off/],
])('an image that is none is refused in one line: %s', (name, content, message) => {
  const path = content === null ? files.path(name) : files.file(name, content)
  expect(() => new FileBlockStore(path, { sectorBytes: 512, writable: true })).toThrow(message)
})

test('a directory is refused', () => {
  expect(() => new FileBlockStore(files.path('.'), { sectorBytes: 512, writable: true })).toThrow('it is a directory')
})

test('what the operating system refuses is an error of the store, told once, and nothing else is lost', () => {
  const path = files.file('shrinking', new Uint8Array(2048).fill(1))
  const told: string[] = []
  const onFailure = (reason: string): void => void told.push(reason)
  const store = new FileBlockStore(path, { sectorBytes: 512, writable: true, onFailure })
  truncateSync(path, 1024)
  const back = new Uint8Array(512)
  expect(() => store.read(3, back)).toThrow(BlockStoreError)
  store.read(1, back)
  expect(back[0]).toBe(1)
  store.close()
  expect(() => store.write(0, sector(2))).toThrow(BlockStoreError)
  expect(() => store.flush()).toThrow(BlockStoreError)
  expect(told).toEqual(['cannot be read: it has become shorter; the guest gets an I/O error'])
})

test('a file on a larger medium reads zeros past its end, and grows where it is written (oracle: an array of that size)', () => {
  let name = 0
  const accesses = fc.array(fc.record({ lba: fc.nat(11), sectors: fc.integer({ min: 1, max: 4 }), value: fc.nat(255) }))
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), accesses, (fileSectors, writes) => {
      const model = new Uint8Array(16 * 512).fill(3, 0, fileSectors * 512)
      const path = files.file(`short-${name++}`, model.subarray(0, fileSectors * 512))
      const store = new FileBlockStore(path, { sectorBytes: 512, writable: true, sizes: [8, 16] })
      expect([store.fileSectors, store.sectors]).toEqual([fileSectors, fileSectors > 8 ? 16 : 8])
      for (const { lba, sectors, value } of writes) {
        const bytes = new Uint8Array(Math.min(sectors, Math.max(0, store.sectors - lba)) * 512).fill(value)
        store.write(lba, bytes)
        model.set(bytes, lba * 512)
        const back = new Uint8Array(store.sectors * 512)
        store.read(0, back)
        expect(Buffer.from(back).equals(model.subarray(0, back.length))).toBe(true)
      }
      store.close()
    }),
    { numRuns: 100, seed: 20260601 },
  )
})

test('a file larger than every medium keeps its own size', () => {
  const store = new FileBlockStore(files.file('large', new Uint8Array(10 * 512)), {
    sectorBytes: 512,
    writable: false,
    sizes: [4, 8],
  })
  expect(store.sectors).toBe(10)
  store.close()
})
