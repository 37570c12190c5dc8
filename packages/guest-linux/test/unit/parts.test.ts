import { describe, expect, test } from 'vitest'
import { COMMAND_LINE_WORDS, DEFAULT_COMMAND_LINE, defaultCacheDir } from '../../src/index.ts'
import { busyboxApplets } from '../../src/busybox.ts'
import { explainFileError } from '../../src/errors.ts'
import { kernelPayload } from '../../src/kernel-payload.ts'
import { concreteKernel } from '../../src/packages.ts'
import { parseControl } from '../../src/private-apt.ts'

test('the default command line is made of words that each say why they are there', () => {
  expect(DEFAULT_COMMAND_LINE.split(' ')).toEqual(COMMAND_LINE_WORDS.map(({ word }) => word))
  for (const { word, why } of COMMAND_LINE_WORDS) expect(why.length, word).toBeGreaterThan(20)
})

test("the default cache is the project's in a checkout, the user's in an installed package, or what the environment says", () => {
  expect(defaultCacheDir({}, '/home/me/mica/packages/guest-linux/src')).toBe('/home/me/mica/.cache/guest-linux')
  expect(defaultCacheDir({ XDG_CACHE_HOME: '/xdg' }, '/home/me/app/node_modules/@mica-vm/guest-linux/dist')).toBe(
    '/xdg/mica/guest-linux',
  )
  expect(defaultCacheDir({ MICA_GUEST_CACHE: '/big/disk' })).toBe('/big/disk')
})

describe("Debian's control data", () => {
  const text =
    'Package: linux-image-686\nVersion: 6.1.1-1\nDescription: Linux\n for old\n machines\nDepends: linux-image-6.1.0-50-686 (= 6.1.1-1)\n\nPackage: other\n'

  test('is read up to the end of the first paragraph', () => {
    const fields = parseControl(`\n${text}`)
    expect([...fields.keys()]).toEqual(['package', 'version', 'description', 'depends'])
    expect(fields.get('description')).toBe('Linux\nfor old\nmachines')
    expect(fields.get('package')).toBe('linux-image-686')
  })

  test("names the concrete kernel of the flavour, and no other flavour's", () => {
    expect(concreteKernel('i386', 'linux-image-6.1.0-50-686 (= 6.1.1-1)')).toBe('linux-image-6.1.0-50-686')
    expect(concreteKernel('i386', 'linux-image-6.1.0-50-686-pae (= 6.1.1-1)')).toBe(undefined)
    expect(concreteKernel('amd64', 'linux-image-6.12.9+deb13-cloud-amd64 (= 6.12)')).toBe(
      'linux-image-6.12.9+deb13-cloud-amd64',
    )
    expect(concreteKernel('amd64', 'linux-image-6.1.0-50-cloud-amd64-unsigned')).toBe(undefined)
    expect(concreteKernel('amd64', '')).toBe(undefined)
  })
})

test("a busybox's applets are the longest sorted run of names that begins with [ and [[", () => {
  const binary = new TextEncoder().encode('\x7fELF\0[\0[[\0zz\0\0junk\0[\0[[\0ash\0awk\0udhcpc6\0abc\0')
  expect(busyboxApplets(binary)).toEqual(['[', '[[', 'ash', 'awk', 'udhcpc6'])
  expect(busyboxApplets(new Uint8Array(100))).toEqual([])
})

describe("a bzImage's payload", () => {
  function image(magic: readonly number[], length: number): Uint8Array {
    const bytes = new Uint8Array(2048)
    const view = new DataView(bytes.buffer)
    bytes[0x1f1] = 1
    view.setUint32(0x202, 0x53726448, true)
    view.setUint16(0x206, 0x20f, true)
    view.setUint32(0x248, 16, true)
    view.setUint32(0x24c, length, true)
    bytes.set(magic, 1024 + 16)
    view.setUint32(Math.min(1024 + 16 + length - 4, 2044), 777, true)
    return bytes
  }

  test('is found by its magic number, without the size that follows it', () => {
    const packed = kernelPayload(image([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], 100))
    expect([packed?.compression, packed?.bytes.length, packed?.size]).toEqual(['xz', 96, 777])
    expect(kernelPayload(image([0x1f, 0x8b, 8], 100))?.bytes.length).toBe(100)
    expect(kernelPayload(image([0x02, 0x21, 0x4c, 0x18], 100))?.compression).toBe('lz4')
  })

  test('is undefined for other compressions, beyond the file, and for other files', () => {
    expect(kernelPayload(image([1, 2, 3], 100))).toBe(undefined)
    expect(kernelPayload(image([0x1f, 0x8b, 8], 5000))).toBe(undefined)
    expect(kernelPayload(new Uint8Array(4096))).toBe(undefined)
    expect(kernelPayload(new Uint8Array(10))).toBe(undefined)
  })
})

test('file system errors name the directory and the way out; others pass unchanged', () => {
  const error = (code: string): Error => Object.assign(new Error(code), { code })
  expect(explainFileError(error('ENOSPC'), '/c')).toMatchObject({
    kind: 'disk-full',
    message: expect.stringContaining('/c'),
  })
  expect(explainFileError(error('EROFS'), '/c')).toMatchObject({ kind: 'cache-unusable' })
  const other = error('ESRCH')
  expect(explainFileError(other, '/c')).toBe(other)
})
