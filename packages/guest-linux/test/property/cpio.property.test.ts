import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CpioEntry } from '../../src/index.ts'
import { packCpio } from '../../src/index.ts'
import { readCpio } from '../support/read-cpio.ts'

const mode = fc.nat(0o7777)
const path = fc.stringMatching(/^[a-z][a-z0-9._-]{0,12}(\/[a-zé]{1,9}){0,3}$/)
const entry: fc.Arbitrary<CpioEntry> = fc.oneof(
  fc.record({ kind: fc.constant('directory' as const), path, mode }),
  fc.record({ kind: fc.constant('file' as const), path, data: fc.uint8Array({ maxLength: 50 }), mode }),
  fc.record({ kind: fc.constant('symlink' as const), path, target: fc.stringMatching(/^[a-z./]{1,20}$/) }),
  fc.record({ kind: fc.constant('character-device' as const), path, major: fc.nat(511), minor: fc.nat(0xffff), mode }),
)
const TYPES = { directory: 0o040000, file: 0o100000, symlink: 0o120000, 'character-device': 0o020000 } as const

function expectedRecord(each: CpioEntry, index: number): unknown {
  const data = each.kind === 'file' ? each.data : new TextEncoder().encode(each.kind === 'symlink' ? each.target : '')
  const device = each.kind === 'character-device' ? [each.major, each.minor] : [0, 0]
  const permissions = each.kind === 'symlink' ? 0o777 : (each.mode ?? 0)
  return { path: each.path, mode: TYPES[each.kind] | permissions, data, device, inode: index + 1, mtime: 0 }
}

test('an archive holds what was packed, aligned, in order (oracle: a reader made from the format description)', () => {
  fc.assert(
    fc.property(fc.uniqueArray(entry, { selector: (each) => each.path, maxLength: 20 }), (entries) => {
      expect(readCpio(packCpio(entries))).toEqual(entries.map(expectedRecord))
    }),
    { seed: 20260704, numRuns: 300 },
  )
})

describe('the cpio program', () => {
  const haveCpio = spawnSync('cpio', ['--version']).error === undefined
  test.runIf(haveCpio)('lists an archive as it was packed (oracle: GNU cpio)', () => {
    const archive = packCpio([
      { kind: 'directory', path: 'dev' },
      { kind: 'character-device', path: 'dev/console', major: 5, minor: 1 },
      { kind: 'file', path: 'init', data: new TextEncoder().encode('#!/bin/sh\n'), mode: 0o755 },
      { kind: 'symlink', path: 'sbin', target: 'bin' },
    ])
    const listed = spawnSync('cpio', ['-itv', '--quiet'], { input: archive, encoding: 'utf8' }).stdout
    for (const line of [
      /^drwxr-xr-x .* dev$/m,
      /^crw------- .* 5,\s+1 .* dev\/console$/m,
      /^-rwxr-xr-x .* 10 .* init$/m,
      /^lrwxrwxrwx .* sbin -> bin$/m,
    ]) {
      expect(listed).toMatch(line)
    }
  })
})

test('paths that the kernel would not unpack as meant are refused', () => {
  const file = (name: string): CpioEntry => ({ kind: 'file', path: name, data: new Uint8Array(0) })
  for (const wrong of [[file('')], [file('/init')], [file('TRAILER!!!')], [file('a\0b')], [file('a'), file('a')]]) {
    expect(() => packCpio(wrong)).toThrow(RangeError)
  }
})
