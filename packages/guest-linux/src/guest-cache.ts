import { mkdir, mkdtemp, readFile, readdir, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { sha256 } from './file-facts.ts'
import type { CacheManifest } from './types.ts'

/**
 * Built guests. `<cacheDir>/<variant>` is a link to a directory below `guests/` that is complete and never changes,
 * so replacing a guest is one rename of a link, and a VM that boots from the old one keeps its files.
 */
export class GuestCache<M extends CacheManifest> {
  private readonly cacheDir: string
  private readonly variant: string

  constructor(cacheDir: string, variant: string) {
    this.cacheDir = cacheDir
    this.variant = variant
  }

  /** The current guest's directory and manifest, if it is whole and of this recipe. */
  async current(recipe: string): Promise<{ readonly directory: string; readonly manifest: M } | undefined> {
    try {
      const directory = join(this.cacheDir, await readlink(join(this.cacheDir, this.variant)))
      const manifest = JSON.parse(await readFile(join(directory, 'manifest.json'), 'utf8')) as M
      if (manifest.recipe !== recipe) return undefined
      for (const [name, { bytes }] of Object.entries(manifest.files)) {
        if ((await stat(join(directory, name))).size !== bytes) return undefined
      }
      return { directory, manifest }
    } catch {
      return undefined
    }
  }

  /** A fresh directory to build in, on the same file system; what a killed build left behind goes away. Needs the lock. */
  async draft(): Promise<string> {
    await mkdir(join(this.cacheDir, 'guests'), { recursive: true })
    for (const name of await readdir(this.cacheDir)) {
      if (name.startsWith('build-')) await rm(join(this.cacheDir, name), { recursive: true, force: true })
    }
    return mkdtemp(join(this.cacheDir, 'build-'))
  }

  /** Writes the manifest beside finished files and makes them current, under a key of all that they are made of. Needs the lock. */
  async finish(finished: string, manifest: M): Promise<string> {
    await writeFile(join(finished, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
    return this.publish(finished, sha256(JSON.stringify([manifest.recipe, manifest.files])).slice(0, 12))
  }

  /** Makes a finished directory the current guest; the one before it stays for those that still read it. Needs the lock. */
  async publish(finished: string, key: string): Promise<string> {
    const link = join(this.cacheDir, this.variant)
    const before = await readlink(link).catch(() => undefined)
    const name = join('guests', `${this.variant}@${key}`)
    const directory = join(this.cacheDir, name)
    await rm(directory, { recursive: true, force: true })
    await rename(finished, directory)
    const draft = `${link}.new`
    await rm(draft, { force: true })
    await symlink(name, draft)
    await rename(draft, link)
    await this.prune([name, before].filter((each) => each !== undefined))
    return directory
  }

  private async prune(keep: readonly string[]): Promise<void> {
    const kept = new Set(keep.map((name) => basename(name)))
    for (const name of await readdir(join(this.cacheDir, 'guests'))) {
      if (name.startsWith(`${this.variant}@`) && !kept.has(name)) {
        await rm(join(this.cacheDir, 'guests', name), { recursive: true, force: true })
      }
    }
  }
}
