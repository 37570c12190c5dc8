/**
 * The last test before publishing: packs every package, lints the tarballs, installs them into an empty project from the tarballs alone,
 * type-checks and runs a first use of each there. Needs a build. Names of folders as arguments: only these, with what they depend on.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packages, root, type Package } from '../workspace.ts'
import { lintTarball } from './lint-tarball.ts'
import { uses } from './uses.ts'

interface Packed {
  readonly pkg: Package
  readonly tarball: string
  readonly bytes: number
}

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function pack(all: readonly Package[], into: string): Packed[] {
  const workspaces = all.flatMap(({ manifest }) => ['-w', manifest.name])
  const output = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', into, ...workspaces], root)) as unknown
  const entries = Object.values(output as object) as { name: string; filename: string; size: number }[]
  return all.map((pkg) => {
    const entry = entries.find(({ name }) => name === pkg.manifest.name)
    if (!entry) throw new Error(`npm pack made no tarball of ${pkg.manifest.name}`)
    return { pkg, tarball: join(into, entry.filename), bytes: entry.size }
  })
}

async function lint({ pkg, tarball }: Packed): Promise<string[]> {
  const problems = await lintTarball(new Uint8Array(readFileSync(tarball)))
  return problems.map((problem) => `${pkg.manifest.name}: ${problem}`)
}

/** An empty project that knows the tarballs and nothing else. */
function install(packed: readonly Packed[], project: string): void {
  const dependencies = Object.fromEntries(packed.map(({ pkg, tarball }) => [pkg.manifest.name, `file:${tarball}`]))
  mkdirSync(project)
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'user', private: true, type: 'module', dependencies }),
  )
  run(
    'npm',
    ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    project,
  )
}

function writeUses(all: readonly Package[], project: string): void {
  for (const { folder } of all) {
    const use = uses[folder]
    if (use === undefined) throw new Error(`tools/pack-test/uses.ts has no use of ${folder}`)
    writeFileSync(
      join(project, `${folder}.ts`),
      `import assert from 'node:assert/strict'\n${use.replaceAll(/^ {4}/gm, '')}`,
    )
  }
}

/** With skipLibCheck off, so that the declarations themselves are checked too. */
function typecheck(project: string): void {
  const compilerOptions = {
    target: 'es2024',
    lib: ['es2024', 'dom'],
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', project, '--pretty', 'false'], { stdio: 'inherit' })
}

async function test(directory: string): Promise<void> {
  const named = process.argv.slice(2)
  const all = packages().filter(
    ({ folder, manifest }) => !manifest.private && (named.length === 0 || named.includes(folder)),
  )
  const packed = pack(all, directory)
  const problems = (await Promise.all(packed.map(lint))).flat()
  if (problems.length > 0) throw new Error(`the tarballs are not fit for publishing:\n${problems.join('\n')}`)
  const project = join(directory, 'user')
  install(packed, project)
  writeUses(all, project)
  typecheck(project)
  for (const { pkg, bytes } of packed) {
    execFileSync(process.execPath, [`${pkg.folder}.ts`], { cwd: project, stdio: 'inherit' })
    console.log(`${pkg.manifest.name}: packed (${Math.ceil(bytes / 1024)} KiB), installed, typed, used`)
  }
}

const directory = mkdtempSync(join(tmpdir(), 'mica-pack-'))
try {
  await test(directory)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
