/** What the scripts in tools/ know about the packages of this repository. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One way into a package: `types` and `default` are files to publish, the source condition's file is what they are made from. */
export interface ExportTarget {
  '@mica-vm/source': string
  types: string
  default: string
}

export interface Manifest {
  name: string
  version: string
  private?: boolean
  bin?: Record<string, string>
  exports?: Record<string, ExportTarget | string>
  scripts?: Record<string, string>
  dependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

export interface Package {
  /** The folder's name, such as `machine-memory`. */
  readonly folder: string
  readonly directory: string
  readonly manifest: Manifest
  readonly tags: readonly string[]
}

export const root: string = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '')

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}

function readPackage(folder: string): Package {
  const directory = join(root, 'packages', folder)
  const project = join(directory, 'project.json')
  const tags = existsSync(project) ? (readJson<{ tags?: string[] }>(project).tags ?? []) : []
  return { folder, directory, manifest: readJson(join(directory, 'package.json')), tags }
}

export function packages(): Package[] {
  return readdirSync(join(root, 'packages'))
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .sort()
    .map(readPackage)
}

/** Every file below `directory` whose name ends with `ending`, with `/` as separator, in a stable order. */
export function filesBelow(directory: string, ending: string): string[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.split(sep).includes('node_modules'))
    .sort()
    .map((name) => join(directory, name))
}
