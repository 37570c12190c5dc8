// The programs of Debian's that the formatter is held against: fetched and unpacked once, into .cache of the checkout.
// Usage: node --conditions=@mica-vm/source test/oracle/debian-files.ts (prints the files, each with its code size)
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Bitness } from '../../src/index.ts'
// Only this oracle reaches into a sibling, for the way that the project fetches Debian's packages.
import { decompress } from '../../../guest-linux/src/decompress.ts'
import { kernelPayload } from '../../../guest-linux/src/kernel-payload.ts'
import { concreteKernel, META_PACKAGES } from '../../../guest-linux/src/packages.ts'
import { PrivateApt } from '../../../guest-linux/src/private-apt.ts'
import { runTool } from '../../../guest-linux/src/run-tool.ts'
import type { Architecture } from '../../../guest-linux/src/types.ts'

export interface DebianFile {
  readonly path: string
  readonly bitness: Bitness
}

const CACHE = fileURLToPath(new URL('../../../../.cache/debian-files', import.meta.url))
const BITNESS: Readonly<Record<Architecture, Bitness>> = { i386: 32, amd64: 64 }
/** libc with libm, OpenSSL's libcrypto and libssl, and what ffmpeg depends on; the kernel is added. */
const PACKAGES: readonly string[] = ['libc6', 'libssl3']
const FFMPEG = /\blib(?:av|sw|postproc)[a-z]+\d+\b/g
/** Below lib, but no gconv modules. */
const LIBRARY = /^lib(?:c|m|mvec|crypto|ssl|av\w+|sw\w+|postproc)\.so\.[\d.]+$/

/** Every file of both architectures. */
export async function debianFiles(): Promise<readonly DebianFile[]> {
  const files: DebianFile[] = []
  for (const architecture of ['i386', 'amd64'] as const) {
    const directory = join(CACHE, architecture)
    if (!existsSync(join(directory, 'complete'))) await provide(architecture, directory)
    for (const path of await elfFiles(directory)) files.push({ path, bitness: BITNESS[architecture] })
  }
  return files
}

async function provide(architecture: Architecture, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  const apt = new PrivateApt(join(CACHE, 'apt', architecture), architecture)
  const complaint = await apt.update()
  const find = async (name: string): ReturnType<typeof apt.find> => {
    const record = await apt.find(name)
    if (record === undefined)
      throw new Error(`Debian's archive has no ${name} for ${architecture}; apt said: ${complaint}`)
    return record
  }
  const meta = await find(META_PACKAGES[architecture])
  const ffmpeg = (await find('ffmpeg'))!.depends.match(FFMPEG) ?? []
  for (const name of [...PACKAGES, ...ffmpeg, concreteKernel(architecture, meta!.depends)!]) {
    const archive = join(directory, `${name}.deb`)
    await apt.download((await find(name))!, archive)
    await runTool('dpkg-deb', ['-x', archive, directory], directory)
    await rm(archive)
  }
  await unpackKernel(directory)
  await writeFile(join(directory, 'complete'), '')
}

async function unpackKernel(directory: string): Promise<void> {
  const boot = join(directory, 'boot')
  const name = (await readdir(boot)).find((file) => file.startsWith('vmlinuz'))!
  const payload = kernelPayload(await readFile(join(boot, name)))
  if (payload === undefined) throw new Error(`${name} is packed in a way that is not known`)
  await writeFile(join(boot, 'vmlinux'), await decompress(payload, name, directory))
}

async function elfFiles(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile() && (LIBRARY.test(entry.name) || entry.name === 'vmlinux'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, bitness } of await debianFiles()) console.log(bitness, path)
}
