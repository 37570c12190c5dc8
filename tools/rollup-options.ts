/** How every package is built: its entries come from the `exports` and `bin` of its package.json, so there is nothing to configure. */
import { relative, resolve } from 'node:path'
import { transformSync } from 'oxc-transform'
import type { InputOptions, OutputOptions, Plugin } from 'rollup'
import type { Manifest, Package } from './workspace.ts'

/** Output name (`testing/index`) -> source file, for each way into the package. */
export function entriesOf({ directory, manifest }: Pick<Package, 'directory' | 'manifest'>): Record<string, string> {
  const entries: Record<string, string> = {}
  for (const target of Object.values(manifest.exports ?? {})) {
    if (typeof target === 'string') continue
    entries[outputName(target.default)] = resolve(directory, target['@mica-vm/source'])
  }
  for (const file of Object.values(manifest.bin ?? {})) {
    const name = outputName(file)
    entries[name] = resolve(directory, 'src', `${name}.ts`)
  }
  return entries
}

function outputName(file: string): string {
  const name = /^(?:\.\/)?dist\/(.+)\.js$/.exec(file)?.[1]
  if (name === undefined) throw new Error(`package.json: ${file} does not lie in dist/ as a .js file`)
  return name
}

/** Removes the types; nothing else changes, so what is published is what the tests ran. */
function eraseTypes(): Plugin {
  return {
    name: 'erase-types',
    transform(code, id) {
      if (!id.endsWith('.ts')) return null
      const result = transformSync(id, code, {
        lang: 'ts',
        sourcemap: true,
        typescript: { onlyRemoveTypeImports: true },
      })
      for (const error of result.errors) this.error(`${relative('.', id)}: ${error.message}`)
      return { code: result.code, map: result.map ? JSON.stringify(result.map) : null }
    },
  }
}

/** What stays an import: Node's own modules and what package.json declares. Anything else is a mistake, which rollup reports. */
function isExternal(manifest: Manifest): (id: string) => boolean {
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })
  return (id) => id.startsWith('node:') || declared.some((name) => id === name || id.startsWith(`${name}/`))
}

export function rollupOptions(pkg: Package): InputOptions & { output: OutputOptions } {
  return {
    input: entriesOf(pkg),
    external: isExternal(pkg.manifest),
    plugins: [eraseTypes()],
    treeshake: { moduleSideEffects: false },
    onLog(level, log) {
      if (level === 'warn') throw new Error(`${pkg.folder}: ${log.message}`)
    },
    output: {
      dir: resolve(pkg.directory, 'dist'),
      format: 'es',
      sourcemap: true,
      entryFileNames: '[name].js',
      chunkFileNames: 'shared/[name]-[hash].js',
      // A user's stack trace then names a file of the package, not a path of the machine that built it.
      sourcemapPathTransform: (path) => path.replace(/^(?:\.\.\/)+/, '../'),
    },
  }
}
