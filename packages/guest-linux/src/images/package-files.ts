import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { GuestLinuxError } from '../errors.ts'
import { fileFacts, sha256 } from '../file-facts.ts'
import { GuestCache } from '../guest-cache.ts'
import { PrivateApt } from '../private-apt.ts'
import type { CacheManifest, FileFacts, PackageRecord } from '../types.ts'
import { unpackPackage } from '../unpack-package.ts'
import type { ImagePlan } from './image-plan.ts'

interface PackageManifest extends CacheManifest {
  readonly package: PackageRecord
}

/** Files of one Debian package in the cache, without the rest of the package. */
export class PackageFiles {
  private readonly name: string
  private readonly paths: readonly string[]
  private readonly plan: ImagePlan
  private readonly cache: GuestCache<PackageManifest>
  private readonly recipe: string

  constructor(name: string, paths: readonly string[], plan: ImagePlan) {
    this.name = name
    this.paths = paths
    this.plan = plan
    this.cache = new GuestCache(plan.cacheDir, name)
    this.recipe = sha256(JSON.stringify([name, paths]))
  }

  /** The directory that holds the files by their last names, if they are there. */
  async current(): Promise<string | undefined> {
    return (await this.cache.current(this.recipe))?.directory
  }

  /** Fetches the package where it is not cached, or where the archive has another one and `refresh` is set. Needs the lock. */
  async provide(refresh: boolean): Promise<string> {
    const current = await this.cache.current(this.recipe)
    if (current !== undefined && !refresh) return current.directory
    const apt = new PrivateApt(join(this.plan.cacheDir, 'apt', 'i386'), 'i386', this.plan.sourcesFile)
    const draft = await this.cache.draft()
    try {
      const deb = join(draft, 'package.deb')
      const record = await this.download(apt, deb, refresh, current?.manifest.package.sha256)
      return record === undefined ? current!.directory : await this.publish(record, deb, draft)
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }

  /** Undefined when the archive has what is already here. An index from an earlier run does as long as its package can be had. */
  private async download(
    apt: PrivateApt,
    deb: string,
    refresh: boolean,
    have: string | undefined,
  ): Promise<PackageRecord | undefined> {
    const known = refresh ? undefined : await apt.find(this.name).catch(() => undefined)
    const soon = known !== undefined && (await this.fetch(apt, known, deb).catch(() => undefined))
    if (soon) return soon
    this.plan.report({ step: 'index', message: 'reading the package index for i386' })
    const trouble = await apt.update()
    const found = await apt.find(this.name)
    if (found === undefined) throw notFound(this.name, trouble)
    return found.sha256 === have ? undefined : this.fetch(apt, found, deb)
  }

  private async fetch(apt: PrivateApt, record: PackageRecord, deb: string): Promise<PackageRecord> {
    const { name, version, sha256: hash, size } = record
    this.plan.report({ step: 'download', message: `fetching ${name} ${version} (${(size / 1e6).toFixed(1)} MB)` })
    await apt.download(record, deb)
    return { name, version, sha256: hash, size }
  }

  private async publish(record: PackageRecord, deb: string, draft: string): Promise<string> {
    this.plan.report({ step: 'unpack', message: `unpacking ${this.name}` })
    await unpackPackage(deb, join(draft, 'package'))
    const finished = join(draft, 'files')
    await mkdir(finished)
    const files: Record<string, FileFacts> = {}
    for (const path of this.paths) {
      const from = join(draft, 'package', path)
      if ((await stat(from).catch(() => undefined)) === undefined)
        throw new GuestLinuxError('package-missing', `package ${this.name} ${record.version} holds no ${path}`)
      files[basename(path)] = fileFacts(await readFile(from))
      await rename(from, join(finished, basename(path)))
    }
    return this.cache.finish(finished, { recipe: this.recipe, package: record, files })
  }
}

function notFound(name: string, trouble: string): GuestLinuxError {
  return trouble === ''
    ? new GuestLinuxError(
        'package-missing',
        `the apt sources have no ${name}: pass a sources file of a Debian release that has it, such as Debian 12`,
      )
    : new GuestLinuxError(
        'download-failed',
        `cannot read the package index (${trouble}), so ${name} was not found: check the network and the apt sources`,
      )
}
