/**
 * Writes a package's .d.ts files, starting at its entries. With isolatedDeclarations, which the type check enforces, each file's declarations
 * follow from that file alone, so no type checker takes part.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { isolatedDeclarationSync } from 'oxc-transform'

/** A relative module specifier in `from '...'` or `import('...')`. */
const relativeSpecifier = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])(\.\.?\/[^"']+)\.ts\2/g

export function writeDeclarations(entries: Iterable<string>, sourceDirectory: string, outputDirectory: string): number {
  const queue = [...entries]
  const seen = new Set(queue)
  for (const file of queue) {
    const { code: declaration, map } = declare(file)
    for (const [, , , specifier] of declaration.matchAll(relativeSpecifier)) {
      const target = resolve(dirname(file), `${specifier}.ts`)
      if (!seen.has(target)) queue.push(target)
      seen.add(target)
    }
    const output = join(outputDirectory, relative(sourceDirectory, file).replace(/\.ts$/, '.d.ts'))
    mkdirSync(dirname(output), { recursive: true })
    // `.ts` and `.js` are equally long, so the map stays right.
    const published = declaration.replaceAll(relativeSpecifier, '$1$2$3.js$2')
    writeFileSync(output, `${published}//# sourceMappingURL=${basename(output)}.map\n`)
    writeFileSync(
      `${output}.map`,
      JSON.stringify({ ...map, file: basename(output), sources: [relative(dirname(output), file)] }),
    )
  }
  return queue.length
}

function declare(file: string): { code: string; map: object } {
  const { code, map, errors } = isolatedDeclarationSync(file, readFileSync(file, 'utf8'), {
    stripInternal: true,
    sourcemap: true,
  })
  const [error] = errors
  if (error) throw new Error(`${file}: ${error.message}`)
  if (!map) throw new Error(`${file}: no source map`)
  const { sourcesContent: _, ...positions } = map
  return { code, map: positions }
}
