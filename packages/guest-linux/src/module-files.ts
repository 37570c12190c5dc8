import { readFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { decompress } from './decompress.ts'
import type { Compression } from './decompress.ts'
import { GuestLinuxError } from './errors.ts'
import type { FoundModule } from './kernel-modules.ts'
import { moduleName, readModuleFacts } from './kernel-modules.ts'

const COMPRESSIONS: Readonly<Record<string, Compression>> = { '.gz': 'gzip', '.xz': 'xz', '.zst': 'zstd' }

/** Answers modules by name from an unpacked kernel package; undefined for what is not among its module files. */
export async function findModules(
  root: string,
  release: string,
  scratch: string,
): Promise<(name: string) => Promise<FoundModule | undefined>> {
  const base = await modulesDirectory(root, release)
  const files = await readdir(join(base, 'kernel'), { recursive: true })
  const paths = new Map(
    files.filter((file) => /\.ko(\.\w+)?$/.test(file)).map((file) => [moduleName(file), join('kernel', file)]),
  )
  return async (name) => {
    const file = paths.get(name)
    if (file === undefined) return undefined
    const path = file.replace(/\.(xz|gz|zst)$/, '')
    const compression = COMPRESSIONS[file.slice(path.length)]
    const packed = await readFile(join(base, file))
    const data = compression === undefined ? packed : await decompress({ compression, bytes: packed }, file, scratch)
    const facts = readModuleFacts(data)
    if (facts === undefined)
      throw new GuestLinuxError(
        'damaged',
        `${path} of Linux ${release} is not a kernel module: run the build again with refresh`,
      )
    return { ...facts, name, path, data }
  }
}

/** Debian moved `/lib` below `/usr` in release 13. */
async function modulesDirectory(root: string, release: string): Promise<string> {
  for (const lib of ['lib', 'usr/lib']) {
    const directory = join(root, lib, 'modules', release)
    if (await stat(join(directory, 'kernel')).catch(() => undefined)) return directory
  }
  throw new GuestLinuxError(
    'damaged',
    `the kernel package holds no modules for ${release}: run the build again with refresh`,
  )
}
