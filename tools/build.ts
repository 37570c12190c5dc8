/** Builds one package into its dist/: `node tools/build.ts packages/machine-memory`. nx calls this for `npm run build`. */
import { chmodSync, copyFileSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { rollup } from 'rollup'
import { writeDeclarations } from './declarations.ts'
import { entriesOf, rollupOptions } from './rollup-options.ts'
import { packages, root, type Package } from './workspace.ts'

async function build(pkg: Package): Promise<string> {
  const dist = join(pkg.directory, 'dist')
  rmSync(dist, { recursive: true, force: true })
  const { output, ...input } = rollupOptions(pkg)
  const bundle = await rollup(input)
  const { output: chunks } = await bundle.write(output)
  await bundle.close()
  for (const file of Object.values(pkg.manifest.bin ?? {})) chmodSync(join(pkg.directory, file), 0o755)
  // npm publishes the licence that lies beside package.json; it is written once, at the root.
  copyFileSync(join(root, 'LICENSE'), join(pkg.directory, 'LICENSE'))
  const declarations = writeDeclarations(Object.values(entriesOf(pkg)), join(pkg.directory, 'src'), dist)
  const bytes = chunks.reduce((sum, chunk) => sum + (chunk.type === 'chunk' ? chunk.code.length : 0), 0)
  return `${pkg.manifest.name}: ${(bytes / 1024).toFixed(1)} KiB of JavaScript, ${declarations} declaration files`
}

const folder = basename(resolve(process.argv[2] ?? '.'))
const pkg = packages().find((candidate) => candidate.folder === folder)
if (!pkg) throw new Error(`${process.argv[2]} is not a package of this repository`)
console.log(await build(pkg))
