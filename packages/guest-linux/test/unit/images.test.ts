import { execFile } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GUEST_IMAGES, provideGuestImage } from '../../src/index.ts'
import type { GuestImageName, GuestLinuxErrorKind, ImageOptions } from '../../src/index.ts'
import { FakeDebian } from '../support/fake-debian.ts'

const CLI = join(import.meta.dirname, '../../src/cli.ts')
const realPath = process.env.PATH
const floppy = 'usr/lib/grub-rescue/grub-rescue-floppy.img'
const cdrom = 'usr/lib/grub-rescue/grub-rescue-cdrom.iso'

let debian: FakeDebian
beforeEach(() => {
  debian = new FakeDebian()
  process.env.PATH = `${debian.bin}${delimiter}${realPath}`
  ship('1')
  // Stands in for the real one: its "disc" is the names and bytes of what would be on it.
  debian.script('grub-mkrescue', '(cd "$last" && find . -type f | LC_ALL=C sort | xargs tail -n +1) >"$4"')
})
afterEach(() => {
  process.env.PATH = realPath
  debian.remove()
})

function ship(version: string, paths: readonly string[] = [floppy, cdrom]): void {
  const contents = [...paths, 'usr/share/doc/other'].map((path) => [path, Buffer.from(`${path} ${version}`)] as const)
  debian.add('grub-rescue-pc', version, new Map(contents))
}

const provide = (name: GuestImageName, options: ImageOptions = {}): Promise<string> =>
  provideGuestImage(name, { cacheDir: debian.cacheDir, ...options })

async function failure(name: string): Promise<{ kind: GuestLinuxErrorKind; message: string }> {
  const error: unknown = await provide(name as GuestImageName).then(
    () => 'came',
    (reason: unknown) => reason,
  )
  return error as { kind: GuestLinuxErrorKind; message: string }
}

describe('an image out of a package', () => {
  test('is fetched once, with its siblings and nothing else of the package', async () => {
    const path = await provide('grub-floppy')
    expect(await readFile(path, 'utf8')).toBe(`${floppy} 1`)
    expect((await readdir(dirname(path))).sort()).toEqual([
      'grub-rescue-cdrom.iso',
      'grub-rescue-floppy.img',
      'manifest.json',
    ])
    debian.flag('offline', true)
    process.env.PATH = '/nowhere'
    expect(await readFile(await provide('grub-cdrom'), 'utf8')).toBe(`${cdrom} 1`)
    expect(debian.log).toEqual(['update', 'grub-rescue-pc=1'])
  })

  test('is the old one until a refresh, which fetches only what is new', async () => {
    await provide('grub-floppy')
    ship('2')
    expect(await readFile(await provide('grub-floppy'), 'utf8')).toBe(`${floppy} 1`)
    expect(await readFile(await provide('grub-floppy', { refresh: true }), 'utf8')).toBe(`${floppy} 2`)
    await provide('grub-floppy', { refresh: true })
    expect(debian.log).toEqual(['update', 'grub-rescue-pc=1', 'update', 'grub-rescue-pc=2', 'update'])
  })

  test('that cannot be had is one line with the way out, and leaves no trace', async () => {
    debian.flag('offline', true)
    expect(await failure('grub-floppy')).toMatchObject({ kind: 'download-failed' })
    debian.flag('offline', false)
    expect(await failure('ipxe-cdrom')).toMatchObject({
      kind: 'package-missing',
      message: 'the apt sources have no ipxe: pass a sources file of a Debian release that has it, such as Debian 12',
    })
    ship('3', [floppy])
    expect((await failure('grub-cdrom')).message).toBe(`package grub-rescue-pc 3 holds no ${cdrom}`)
    debian.damage('grub-rescue-pc')
    expect(await failure('grub-cdrom')).toMatchObject({ kind: 'damaged' })
    expect(await readdir(join(debian.cacheDir, 'guests'))).toEqual([])
  })

  test('has a name of the list', async () => {
    expect(await failure('toString')).toMatchObject({ kind: 'bad-option' })
    expect((await failure('grub')).message).toContain(Object.keys(GUEST_IMAGES).join(', '))
  })
})

describe('the CD of the default guest', () => {
  test('holds its kernel, its initramfs and a boot loader that starts them, and is made once', async () => {
    const path = await provide('debian-cdrom')
    const disc = await readFile(path, 'latin1')
    expect(disc).toMatch(/linux \/vmlinuz console=tty0 console=ttyS0 [^]*initrd \/initrd.img/)
    expect([...disc.matchAll(/^==> (.*) <==$/gm)].map(([, name]) => name)).toEqual([
      './boot/grub/grub.cfg',
      './initrd.img',
      './vmlinuz',
    ])
    debian.script('grub-mkrescue', 'exit 1')
    expect(await provide('debian-cdrom')).toBe(path)
  })

  test('names the tools that it needs', async () => {
    debian.script('grub-mkrescue', 'echo "grub-mkrescue: error: xorriso not found." >&2; exit 1')
    expect((await failure('debian-cdrom')).message).toBe(
      'grub-mkrescue made no CD (grub-mkrescue: error: xorriso not found.): install grub-common, grub-pc-bin, xorriso and mtools',
    )
  })
})

test('the command prints a line for each image, and fails when one is missing', async () => {
  const command = promisify(execFile)(process.execPath, [CLI, '--images', '--cache-dir', debian.cacheDir])
  const { code, stdout } = (await command.catch((error: unknown) => error)) as { code: number; stdout: string }
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => line.split(' ')[0])).toEqual(Object.keys(GUEST_IMAGES))
  expect(lines.find((line) => line.startsWith('grub-floppy'))).toContain('/grub-rescue-floppy.img  (GRUB 2, a floppy)')
  expect(lines.find((line) => line.startsWith('ipxe-cdrom'))).toContain('missing: the apt sources have no ipxe')
  expect(code).toBe(1)
})
