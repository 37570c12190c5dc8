/**
 * Brings package-lock.json in order: `npm run lock` rewrites it, `npm run lock -- --check` only reports.
 *
 * A lock must work wherever a clone does, so it
 *  - names packages, versions and hashes, but no registry (a mirror or a proxy serves as well), and
 *  - lists the optional binaries of every platform. npm writes only those that the registry in use serves, and `npm ci` then refuses the
 *    lock; the missing ones are added here with the version that their parent asks for and the platform that their name tells.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface Entry {
  version?: string
  resolved?: string
  link?: boolean
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

interface Lock {
  packages: Record<string, Entry>
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32']
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64']

/** The platform that a binary package's name tells, such as linux-x64-musl. */
function platformOf(name: string): Pick<Entry, 'os' | 'cpu' | 'libc'> {
  const words = name.replace(/^@/, '').split(/[-/]/)
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  if (os === undefined || cpu === undefined) return {}
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.includes('gnu') && os === 'linux'
      ? ['glibc']
      : undefined
  return { cpu: [cpu], ...(libc && { libc }), os: [os] }
}

/** Where Node would look for `name` from the package at `from`, nearest first. */
function* candidates(from: string, name: string): Generator<string> {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    yield `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (at === '' || !at.includes('node_modules/')) break
  }
  yield `node_modules/${name}`
}

function addMissingPlatforms(lock: Lock): string[] {
  const added: string[] = []
  for (const [from, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if ([...candidates(from, name)].some((candidate) => lock.packages[candidate] !== undefined)) continue
      const platform = platformOf(name)
      if (platform.os === undefined || !/^\d/.test(version)) {
        throw new Error(
          `${from} wants the optional ${name}@${version}, which the lock lacks and whose platform its name does not tell`,
        )
      }
      lock.packages[`node_modules/${name}`] = { version, ...platform, dev: true, optional: true }
      added.push(name)
    }
  }
  return added
}

function removeHosts(lock: Lock): number {
  const named = Object.values(lock.packages).filter((entry) => entry.resolved?.includes('://'))
  for (const entry of named) delete entry.resolved
  return named.length
}

function sorted(lock: Lock): Lock {
  const entries = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return { ...lock, packages: Object.fromEntries(entries) }
}

const check = process.argv.includes('--check')
if (!check) execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts'], { stdio: 'inherit' })
const lock = JSON.parse(readFileSync(path, 'utf8')) as Lock
const hosts = removeHosts(lock)
const added = addMissingPlatforms(lock)
if (check && hosts + added.length > 0) {
  console.error(
    `package-lock.json names ${hosts} registry addresses and lacks ${added.length} platforms' binaries: run \`npm run lock\``,
  )
  process.exit(1)
}
if (!check) writeFileSync(path, `${JSON.stringify(sorted(lock), null, 2)}\n`)
