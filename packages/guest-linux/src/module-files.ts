import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { GuestLinuxError } from './errors.ts'
import type { FoundModule } from './kernel-modules.ts'
import { moduleName, readModuleFacts } from './kernel-modules.ts'

/** Answers modules by name from an unpacked kernel package; undefined for what is not among its module files. */
export async function findModules(root: string, release: string): Promise<(name: string) => FoundModule | undefined> {
  const base = await modulesDirectory(root, release)
  const files = await readdir(join(base, 'kernel'), { recursive: true })
  const paths = new Map(files.filter((file) => /\.ko(\.\w+)?$/.test(file)).map((file) => [moduleName(file), join('kernel', file)]))
  return (name) => {
    const path = paths.get(name)
    if (path === undefined) return undefined
    const data = readUncompressed(join(base, path))
    const facts = readModuleFacts(data)
    if (facts === undefined) throw new GuestLinuxError('damaged', `${path} of Linux ${release} is not a kernel module: run the build again with refresh`)
    return { ...facts, name, path: path.replace(/\.(xz|gz|zst)$/, ''), data }
  }
}

/** Debian moved `/lib` below `/usr` in release 13. */
async function modulesDirectory(root: string, release: string): Promise<string> {
  for (const lib of ['lib', 'usr/lib']) {
    const directory = join(root, lib, 'modules', release)
    if (await stat(join(directory, 'kernel')).catch(() => undefined)) return directory
  }
  throw new GuestLinuxError('damaged', `the kernel package holds no modules for ${release}: run the build again with refresh`)
}

function readUncompressed(path: string): Uint8Array {
  if (path.endsWith('.gz')) return gunzipSync(readFileSync(path))
  const tool = path.endsWith('.xz') ? 'xz' : path.endsWith('.zst') ? 'zstd' : undefined
  if (tool === undefined) return readFileSync(path)
  try {
    return execFileSync(tool, ['-dc', path], { maxBuffer: 256 << 20, stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    throw new GuestLinuxError('tool-missing', `cannot decompress ${path} with ${tool}: install it (Debian package ${tool === 'xz' ? 'xz-utils' : tool})`, { cause: error })
  }
}
