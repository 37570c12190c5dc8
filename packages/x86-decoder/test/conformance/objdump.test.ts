import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { debianFiles } from '../oracle/debian-files.ts'
import type { DebianFile } from '../oracle/debian-files.ts'
import { compareWithObjdump } from '../oracle/objdump-comparison.ts'

// On each change a library that every Debian has, in the long tests libc, OpenSSL, ffmpeg and the kernel in 32 and 64 bits.
const SYSTEM = ['/lib/x86_64-linux-gnu/libm.so.6', '/usr/lib/x86_64-linux-gnu/libm.so.6', process.execPath]
const files: readonly DebianFile[] =
  process.env['MICA_LONG'] === undefined
    ? [{ path: SYSTEM.find((path) => existsSync(path))!, bitness: 64 }]
    : await debianFiles()

// Oracle: objdump of GNU binutils, after the rules in test/oracle/objdump-normalization.ts.
describe('the GNU dialect is what objdump lists', () => {
  test.each(files)('$path, $bitness-bit', async ({ path, bitness }) => {
    const result = await compareWithObjdump(path, bitness)
    expect([...result.differences.values()].map(({ count, example }) => `${count} ${example}`)).toEqual([])
    expect(result.instructions).toBeGreaterThan(10_000)
    expect(result.none / result.instructions).toBeLessThan(0.02)
  })
})
