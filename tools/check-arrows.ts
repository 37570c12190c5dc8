/**
 * Holds the packages to the arrows of the design: a primitive imports no sibling, so that it can be tested with fakes and used alone.
 * Which layer a package belongs to is a tag in its project.json; what a layer may import is the table below.
 * Also checked: what `src/` imports is declared in package.json, relative imports name the .ts file that Node is to load, and what
 * package.json declares is imported.
 */
import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { filesBelow, packages, root, type Manifest, type Package } from './workspace.ts'

const scope = '@mica-vm/'

/** Layer -> the layers that it may import. Tools (programs that prepare a guest) and primitives stand alone. */
const layers: Readonly<Record<string, readonly string[]>> = {
  'layer:primitive': [],
  'layer:tool': [],
  'layer:composition': ['layer:primitive', 'layer:tool'],
}

/** The exceptions, each with its reason in the importing package's DESIGN.md. */
const exceptions: readonly { from: string; to: string; typesOnly: boolean }[] = [
  { from: 'binary-translator', to: 'x86-decoder', typesOnly: false },
  { from: 'balloon', to: 'virtio', typesOnly: true },
]

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

/** The imports and re-exports of a module. Comments are left out, since a doc comment may show an import. */
export function importsOf(source: string): Import[] {
  const code = source.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '')
  const statements = code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[\w*\s{},$]+?\s+from\s+)?(['"])([^'"\n]+)\2/gm)
  const calls = code.matchAll(/\bimport\s*\(\s*(['"])([^'"\n]+)\1/g)
  return [
    ...[...statements].map(([, type, , specifier]) => ({ specifier: specifier ?? '', typeOnly: type !== undefined })),
    ...[...calls].map(([, , specifier]) => ({ specifier: specifier ?? '', typeOnly: false })),
  ]
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

function layerOf(pkg: Package): string | undefined {
  return pkg.tags.find((tag) => tag in layers)
}

/** Why `from` may not import `to`, or undefined if it may. */
export function forbidden(from: Package, to: Package, typeOnly: boolean): string | undefined {
  const exception = exceptions.find((candidate) => candidate.from === from.folder && candidate.to === to.folder)
  if (exception) return exception.typesOnly && !typeOnly ? `may import only types of ${to.manifest.name}` : undefined
  const allowed = layers[layerOf(from) ?? ''] ?? []
  const layer = layerOf(to)
  return layer !== undefined && allowed.includes(layer)
    ? undefined
    : `imports its sibling ${to.manifest.name}: declare a port instead`
}

function declared(manifest: Manifest): Set<string> {
  return new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
}

function checkImport(
  pkg: Package,
  { specifier, typeOnly }: Import,
  siblings: Map<string, Package>,
): string | undefined {
  if (specifier.startsWith('.')) {
    return specifier.endsWith('.ts') ? undefined : `imports '${specifier}': a relative import names the .ts file`
  }
  if (specifier.startsWith('node:')) return undefined
  const name = packageName(specifier)
  const sibling = siblings.get(name)
  if (name.startsWith(scope) && !sibling) return `imports ${name}, which does not exist`
  const arrow = sibling && forbidden(pkg, sibling, typeOnly)
  if (arrow) return arrow
  return declared(pkg.manifest).has(name) ? undefined : `imports ${name}, which package.json does not declare`
}

function checkPackage(pkg: Package, siblings: Map<string, Package>): string[] {
  const problems: string[] = []
  const imported = new Set<string>()
  if (layerOf(pkg) === undefined)
    problems.push(`packages/${pkg.folder}/project.json: no tag says the layer (${Object.keys(layers).join(', ')})`)
  for (const file of filesBelow(join(pkg.directory, 'src'), '.ts')) {
    for (const found of importsOf(readFileSync(file, 'utf8'))) {
      imported.add(packageName(found.specifier))
      const problem = checkImport(pkg, found, siblings)
      if (problem) problems.push(`${relative(root, file)} ${problem}`)
    }
  }
  for (const name of declared(pkg.manifest)) {
    if (!imported.has(name))
      problems.push(`packages/${pkg.folder}/package.json declares ${name}, which src/ does not import`)
  }
  return problems
}

export function checkArrows(all: readonly Package[]): string[] {
  const siblings = new Map(all.map((pkg) => [pkg.manifest.name, pkg]))
  return all.flatMap((pkg) => checkPackage(pkg, siblings))
}

if (import.meta.main) {
  const all = packages()
  const problems = checkArrows(all)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log(`arrows: ${all.length} packages keep to their layers`)
}
