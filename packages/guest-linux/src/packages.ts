import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GuestLinuxError } from './errors.ts'
import { PrivateApt } from './private-apt.ts'
import type { Architecture, PackageRecord, Progress } from './types.ts'

/** The package that always depends on the archive's newest kernel of a flavour. */
export const META_PACKAGES: Readonly<Record<Architecture, string>> = {
  i386: 'linux-image-686',
  amd64: 'linux-image-cloud-amd64',
}
/** The concrete kernel package in the meta package's dependencies: `linux-image-6.1.0-50-686 (= ...)`. */
const CONCRETE: Readonly<Record<Architecture, RegExp>> = {
  i386: /\blinux-image-\d[\w.+~-]*-686\b(?!-)/,
  amd64: /\blinux-image-\d[\w.+~-]*-cloud-amd64\b(?!-)/,
}

export interface GuestPackages {
  readonly kernel: PackageRecord
  readonly busybox: PackageRecord
}

/** The concrete kernel's name in a dependency field, if it is there. */
export function concreteKernel(architecture: Architecture, depends: string): string | undefined {
  return CONCRETE[architecture].exec(depends)?.[0]
}

/** Debian packages of one architecture in the cache: which versions were last chosen, and their files. */
export class PackageStore {
  private readonly directory: string
  private readonly architecture: Architecture
  private readonly apt: PrivateApt
  private readonly report: (progress: Progress) => void

  constructor(
    cacheDir: string,
    architecture: Architecture,
    sourcesFile: string | undefined,
    report: (progress: Progress) => void,
  ) {
    this.directory = join(cacheDir, 'packages')
    this.architecture = architecture
    this.apt = new PrivateApt(join(cacheDir, 'apt', architecture), architecture, sourcesFile)
    this.report = report
  }

  /** Where a package's file is, whether or not it has been fetched. */
  path(record: PackageRecord): string {
    return join(this.directory, `${record.name}_${record.sha256.slice(0, 16)}.deb`)
  }

  /** The chosen packages with their files in place; asks the archive only when they are not cached or `refresh` is set. */
  async provide(refresh: boolean): Promise<GuestPackages> {
    await mkdir(this.directory, { recursive: true })
    const cached = refresh ? undefined : await this.cached()
    if (cached !== undefined) return cached
    const chosen = await this.choose()
    for (const record of [chosen.kernel, chosen.busybox]) {
      if (await this.present(record)) continue
      this.report({
        step: 'download',
        message: `fetching ${record.name} ${record.version} (${(record.size / 1e6).toFixed(1)} MB)`,
      })
      await this.apt.download(record, this.path(record))
    }
    await this.remember(chosen)
    return chosen
  }

  private async choose(): Promise<GuestPackages> {
    this.report({ step: 'index', message: `reading the package index for ${this.architecture}` })
    const trouble = await this.apt.update()
    const meta = META_PACKAGES[this.architecture]
    const depends = (await this.apt.find(meta))?.depends ?? ''
    const name = concreteKernel(this.architecture, depends)
    return {
      kernel: this.demand(name ?? meta, name === undefined ? undefined : await this.apt.find(name), trouble),
      busybox: this.demand('busybox-static', await this.apt.find('busybox-static'), trouble),
    }
  }

  private demand(name: string, found: PackageRecord | undefined, trouble: string): PackageRecord {
    if (found !== undefined) return { name, version: found.version, sha256: found.sha256, size: found.size }
    throw trouble === ''
      ? new GuestLinuxError(
          'package-missing',
          `the apt sources have no ${name} for ${this.architecture}: pass a sources file of a Debian release that has it (Debian 12 was the last with 686 kernels)`,
        )
      : new GuestLinuxError(
          'download-failed',
          `cannot read the package index for ${this.architecture} (${trouble}), so ${name} was not found: check the network and the apt sources, then run the build again`,
        )
  }

  private get choicePath(): string {
    return join(this.directory, `${this.architecture}.json`)
  }

  private async cached(): Promise<GuestPackages | undefined> {
    const chosen = await readChoice(this.choicePath)
    if (chosen === undefined) return undefined
    return (await this.present(chosen.kernel)) && (await this.present(chosen.busybox)) ? chosen : undefined
  }

  /** Files only get their final name once their hash has been checked, so the size is enough here. */
  private async present(record: PackageRecord): Promise<boolean> {
    const found = await stat(this.path(record)).catch(() => undefined)
    return found?.size === record.size
  }

  private async remember(chosen: GuestPackages): Promise<void> {
    const draft = `${this.choicePath}.new`
    await writeFile(draft, `${JSON.stringify(chosen, null, 2)}\n`)
    await rename(draft, this.choicePath)
    await this.dropUnused()
  }

  /** Removes package files that no architecture's choice names. */
  private async dropUnused(): Promise<void> {
    const names = await readdir(this.directory)
    const used = new Set<string>()
    for (const name of names.filter((each) => each.endsWith('.json'))) {
      const chosen = await readChoice(join(this.directory, name))
      if (chosen !== undefined) used.add(this.path(chosen.kernel)).add(this.path(chosen.busybox))
    }
    for (const name of names) {
      const path = join(this.directory, name)
      if (name.endsWith('.deb') && !used.has(path)) await rm(path, { force: true })
    }
  }
}

async function readChoice(path: string): Promise<GuestPackages | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<GuestPackages>
    return isRecord(value.kernel) && isRecord(value.busybox)
      ? { kernel: value.kernel, busybox: value.busybox }
      : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: Partial<PackageRecord> | undefined): value is PackageRecord {
  return (
    typeof value?.name === 'string' &&
    typeof value.version === 'string' &&
    typeof value.sha256 === 'string' &&
    typeof value.size === 'number'
  )
}
