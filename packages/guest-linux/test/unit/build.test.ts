import { execFile } from 'node:child_process'
import { mkdir, readFile, readdir, realpath, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { buildGuestLinux } from '../../src/index.ts'
import type { BuildOptions, GuestLinux, GuestLinuxErrorKind, Manifest, Step } from '../../src/index.ts'
import { FakeDebian } from '../support/fake-debian.ts'
import { readCpio } from '../support/read-cpio.ts'

const CLI = join(import.meta.dirname, '../../src/cli.ts')
const realPath = process.env.PATH

let debian: FakeDebian
beforeEach(() => {
  debian = new FakeDebian()
  process.env.PATH = `${debian.bin}${delimiter}${realPath}`
})
afterEach(() => {
  process.env.PATH = realPath
  debian.remove()
})

async function build(options: BuildOptions = {}): Promise<{ guest: GuestLinux; steps: Step[] }> {
  const steps: Step[] = []
  const guest = await buildGuestLinux({
    cacheDir: debian.cacheDir,
    onProgress: ({ step }) => steps.push(step),
    ...options,
  })
  return { guest, steps }
}

async function manifestOf(guest: GuestLinux): Promise<Manifest> {
  return JSON.parse(await readFile(join(dirname(guest.kernel), 'manifest.json'), 'utf8')) as Manifest
}

describe('a first build', () => {
  test('fetches the concrete kernel and busybox and packs what boots', async () => {
    const { guest, steps } = await build()
    expect(steps).toEqual(['index', 'download', 'download', 'unpack', 'pack', 'done'])
    expect(guest.version).toBe('6.1.0-1-686')
    expect(await readFile(guest.vmlinux, 'utf8')).toBe('ELF 6.1.0-1-686')
    const files = new Map(readCpio(await readFile(guest.initrd)).map((record) => [record.path, record]))
    expect(files.get('dev/console')).toMatchObject({ device: [5, 1], mode: 0o020600 })
    expect(files.get('init')?.mode).toBe(0o100755)
    expect(new TextDecoder().decode(files.get('bin/sh')?.data)).toBe('busybox')
    const modules = [...files.keys()]
      .filter((path) => path.endsWith('.ko'))
      .map((path) => path.slice(path.lastIndexOf('/') + 1))
    expect(modules).toEqual(['virtio.ko', 'virtio_ring.ko', 'virtio_pci.ko', 'virtio_blk.ko', 'virtio-rng.ko'])
    for (const path of files.keys())
      expect(files.has(dirname(path)) || dirname(path) === '.' || dirname(path) === 'usr', path).toBe(true)
  })

  test('keeps a manifest of packages and files, and the stable name leads to it', async () => {
    const { guest } = await build()
    const manifest = await manifestOf(guest)
    expect(manifest.packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'linux-image-6.1.0-1-686 1',
      'busybox-static 1',
    ])
    expect(manifest.files['initrd.img'].bytes).toBe((await readFile(guest.initrd)).length)
    expect(await realpath(join(debian.cacheDir, 'i386', 'vmlinuz'))).toBe(await realpath(guest.kernel))
    expect((await readdir(debian.cacheDir)).sort()).toEqual(['apt', 'guests', 'i386', 'packages'])
  })

  test('takes other modules along with what they need', async () => {
    const { guest } = await build({ extraModules: ['ext4'] })
    expect((await manifestOf(guest)).modules.slice(-2)).toEqual(['jbd2', 'ext4'])
  })
})

describe('a later build', () => {
  test('answers the cached guest without any tool, even offline and without apt', async () => {
    const first = await build()
    debian.flag('offline', true)
    process.env.PATH = '/nowhere'
    const second = await build()
    expect(second).toEqual({ guest: first.guest, steps: ['done'] })
  })

  test('packs anew from the fetched packages when the recipe changes, offline', async () => {
    await build()
    debian.flag('offline', true)
    expect((await build({ extraModules: ['ext4'] })).steps).toEqual(['unpack', 'pack', 'done'])
  })

  test('with refresh asks the archive, and keeps the guest when nothing is newer', async () => {
    const first = await build()
    const again = await build({ refresh: true })
    expect(again.steps).toEqual(['index', 'done'])
    expect(again.guest).toEqual(first.guest)
  })

  test('with refresh takes a newer kernel, leaving the old files to those that read them', async () => {
    const first = await build()
    debian.publish('2')
    const second = await build({ refresh: true })
    expect(second.guest.version).toBe('6.1.0-2-686')
    expect(await readFile(first.guest.vmlinux, 'utf8')).toBe('ELF 6.1.0-1-686')
    debian.publish('3')
    await build({ refresh: true })
    expect((await readdir(join(debian.cacheDir, 'guests'))).length).toBe(2)
    expect((await readdir(join(debian.cacheDir, 'packages'))).filter((name) => name.endsWith('.deb')).length).toBe(2)
  })

  test.each(['vmlinuz', 'initrd.img'] as const)('packs anew when %s was cut short', async (name) => {
    const first = await build()
    await writeFile(join(dirname(first.guest.kernel), name), 'x')
    const second = await build()
    expect(second.steps).toEqual(['unpack', 'pack', 'done'])
    expect((await manifestOf(second.guest)).files[name].bytes).toBe(
      (await readFile(join(dirname(second.guest.kernel), name))).length,
    )
  })

  test('clears away what a killed build left', async () => {
    await mkdir(join(debian.cacheDir, 'build-killed'), { recursive: true })
    await build()
    expect(await readdir(debian.cacheDir)).not.toContain('build-killed')
  })
})

test('processes that build at once fetch once and agree', async () => {
  const run = (): Promise<{ stdout: string }> =>
    promisify(execFile)(process.execPath, [CLI, '--cache-dir', debian.cacheDir])
  const outputs = await Promise.all([run(), run(), run()])
  expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1)
  expect(debian.log.length).toBe(3)
})

describe('what can go wrong says in one line what and the way out', () => {
  const cases: [string, GuestLinuxErrorKind, RegExp, () => void, BuildOptions?][] = [
    [
      'no apt',
      'tool-missing',
      /apt-get is not on this machine.*boot a kernel and initrd of your own/,
      () => (process.env.PATH = '/nowhere'),
    ],
    [
      'no network',
      'download-failed',
      /no route.*check the network/,
      () => {
        debian.flag('offline', true)
        debian.removeFromIndex('linux-image-686')
      },
    ],
    [
      'a download that fails',
      'download-failed',
      /cannot download linux-image-6\.1\.0-1-686/,
      () => debian.flag('offline', true),
    ],
    [
      'a release without the kernel',
      'package-missing',
      /no linux-image-686 for i386.*sources file/,
      () => debian.removeFromIndex('linux-image-686'),
    ],
    [
      'a release without busybox',
      'package-missing',
      /no busybox-static/,
      () => debian.removeFromIndex('busybox-static'),
    ],
    ['a damaged package', 'damaged', /arrived damaged/, () => debian.damage('busybox-static')],
    ['an unknown architecture', 'bad-option', /"arm64"/, () => undefined, { architecture: 'arm64' as 'i386' }],
    ['a module that is a path', 'bad-option', /"\.\.\/x"/, () => undefined, { extraModules: ['../x'] }],
    ['a cache that is a file', 'cache-unusable', /choose another cacheDir/, () => undefined, { cacheDir: CLI }],
  ]
  test.each(cases)('%s', async (_, kind, message, prepare, options) => {
    prepare()
    const attempt = build(options)
    await expect(attempt).rejects.toMatchObject({
      name: 'GuestLinuxError',
      kind,
      message: expect.stringMatching(message),
    })
    await expect(attempt).rejects.toMatchObject({ message: expect.not.stringContaining('\n') })
  })

  test('and the command says the same, with exit status 1; a wrong option gives 2', async () => {
    debian.removeFromIndex('busybox-static')
    const run = (...args: string[]): Promise<unknown> =>
      promisify(execFile)(process.execPath, [CLI, '--cache-dir', debian.cacheDir, ...args])
    await expect(run()).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/mica-guest-linux: the apt sources have no busybox-static[^\n]*\n$/),
    })
    await expect(run('--frobnicate')).rejects.toMatchObject({ code: 2 })
  })
})
