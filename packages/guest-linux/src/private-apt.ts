import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GuestLinuxError } from './errors.ts'
import { complaint, runTool } from './run-tool.ts'
import type { ToolResult } from './run-tool.ts'
import type { Architecture, PackageRecord } from './types.ts'

/**
 * apt with its own index and cache: another architecture's packages, without root and without a change to the host.
 * It reads the host's sources and keys, so what it fetches is verified as the host verifies its own packages.
 */
export class PrivateApt {
  private readonly directory: string
  private readonly architecture: Architecture
  private readonly options: readonly string[]

  /** `directory` is created when needed; `sourcesFile` replaces the host's sources. */
  constructor(directory: string, architecture: Architecture, sourcesFile?: string) {
    this.directory = directory
    this.architecture = architecture
    const settings: readonly (readonly [string, string])[] = [
      ['APT::Architecture', architecture],
      ['APT::Architectures', architecture],
      ['Acquire::Languages', 'none'],
      ['Acquire::Retries', '2'],
      ['Dir::State', directory],
      ['Dir::State::Lists', join(directory, 'lists')],
      ['Dir::State::status', join(directory, 'status')],
      ['Dir::Cache', join(directory, 'cache')],
      ...(sourcesFile === undefined
        ? []
        : ([
            ['Dir::Etc::sourcelist', sourcesFile],
            ['Dir::Etc::sourceparts', '-'],
          ] as const)),
    ]
    this.options = settings.flatMap(([name, value]) => ['-o', `${name}=${value}`])
  }

  /**
   * Fetches the indexes. The exit status says nothing useful (one broken index of many fails the whole), so callers
   * look for their package and use the answered complaint only when it is not there.
   */
  async update(): Promise<string> {
    await mkdir(join(this.directory, 'lists', 'partial'), { recursive: true })
    await mkdir(join(this.directory, 'cache', 'archives', 'partial'), { recursive: true })
    await writeFile(join(this.directory, 'status'), '')
    const result = await this.run('apt-get', ['update'])
    return result.status === 0 && !/^W: (Failed|Some index)/m.test(result.stderr) ? '' : complaint(result)
  }

  /** What the index says of a package's newest version; undefined when the archive has no such package. */
  async find(name: string): Promise<(PackageRecord & { readonly depends: string }) | undefined> {
    const result = await this.run('apt-cache', ['show', '--no-all-versions', name])
    const fields = parseControl(result.stdout.toString())
    const [version, sha256, size] = ['version', 'sha256', 'size'].map((key) => fields.get(key))
    if (result.status !== 0 || version === undefined || sha256 === undefined || size === undefined) return undefined
    return { name, version, sha256, size: Number(size), depends: fields.get('depends') ?? '' }
  }

  /** Fetches a package to `target`, checked against the index's hash. */
  async download(wanted: PackageRecord, target: string): Promise<void> {
    const directory = await mkdtemp(join(this.directory, 'download-'))
    try {
      const result = await this.run('apt-get', ['download', `${wanted.name}=${wanted.version}`], directory)
      const file = (await readdir(directory)).find((name) => name.endsWith('.deb'))
      const path = file === undefined ? undefined : join(directory, file)
      if (path !== undefined && (await sha256(path)) === wanted.sha256) await rename(path, target)
      else if (path === undefined || result.status !== 0) throw downloadFailed(wanted.name, this.architecture, result)
      else
        throw new GuestLinuxError(
          'damaged',
          `package ${wanted.name} ${wanted.version} arrived damaged (hash differs from the index): run the build again`,
        )
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  }

  private run(tool: string, args: readonly string[], cwd: string = this.directory): Promise<ToolResult> {
    return runTool(tool, [...this.options, ...args], cwd)
  }
}

async function sha256(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex')
}

function downloadFailed(name: string, architecture: Architecture, result: ToolResult): GuestLinuxError {
  if (/No space left/i.test(result.stderr)) {
    return new GuestLinuxError(
      'disk-full',
      `no space left while downloading ${name}: free about 300 MB or choose another cacheDir`,
    )
  }
  return new GuestLinuxError(
    'download-failed',
    `cannot download ${name} (${architecture}): ${complaint(result)}; check the network and the apt sources, then run the build again`,
  )
}

/** The first paragraph of a deb822 text, keys in lower case, continuation lines joined. */
export function parseControl(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  let key = ''
  for (const line of text.split('\n')) {
    if (line.trim() === '') {
      if (fields.size > 0) return fields
      continue
    }
    const colon = line.indexOf(':')
    if (/^[ \t]/.test(line)) fields.set(key, `${fields.get(key) ?? ''}\n${line.trim()}`)
    else if (colon > 0) {
      key = line.slice(0, colon).toLowerCase()
      fields.set(key, line.slice(colon + 1).trim())
    }
  }
  return fields
}
