/** Every package.json says the same things in the same way; what is missing here is missed by a user of the package. */
import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { join, resolve } from 'node:path'
import { packages, type ExportTarget, type Package } from './workspace.ts'

/** Fields with one right value. `src` is published so that an editor's "go to definition" arrives at the source. */
const fixed: Readonly<Record<string, unknown>> = {
  license: 'MIT',
  type: 'module',
  sideEffects: false,
  engines: { node: '>=24' },
  files: ['dist', 'src', 'CHANGELOG.md'],
  publishConfig: { access: 'public' },
}

const required = ['README.md', 'DESIGN.md', 'tsconfig.json', 'project.json', 'src/index.ts']

function checkExport(pkg: Package, subpath: string, target: ExportTarget | string): string[] {
  if (typeof target === 'string')
    return target === './package.json' ? [] : [`exports["${subpath}"] must name source, types and default`]
  const problems: string[] = []
  const order = Object.keys(target)
  if (!isDeepStrictEqual(order, ['@mica-vm/source', 'types', 'default']))
    problems.push(`exports["${subpath}"] has the conditions ${order}`)
  const stem = /^\.\/dist\/(.+)\.js$/.exec(target.default)?.[1]
  if (target['@mica-vm/source'] !== `./src/${stem}.ts` || target.types !== `./dist/${stem}.d.ts`) {
    problems.push(`exports["${subpath}"]: source, types and default do not belong to one file`)
  }
  if (!existsSync(resolve(pkg.directory, target['@mica-vm/source'])))
    problems.push(`exports["${subpath}"]: the source does not exist`)
  return problems
}

export function checkManifest(pkg: Package): string[] {
  const manifest = pkg.manifest as unknown as Record<string, unknown>
  const problems: string[] = []
  if (pkg.manifest.name !== `@mica-vm/${pkg.folder}`) problems.push(`the name is ${pkg.manifest.name}`)
  if (!manifest['description']) problems.push('description is missing')
  for (const [field, value] of Object.entries(fixed)) {
    if (!isDeepStrictEqual(manifest[field], value)) problems.push(`${field} is not ${JSON.stringify(value)}`)
  }
  for (const [subpath, target] of Object.entries(pkg.manifest.exports ?? {}))
    problems.push(...checkExport(pkg, subpath, target))
  for (const file of required) if (!existsSync(join(pkg.directory, file))) problems.push(`${file} is missing`)
  return problems.map((problem) => `packages/${pkg.folder}: ${problem}`)
}

if (import.meta.main) {
  const problems = packages().flatMap(checkManifest)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
}
