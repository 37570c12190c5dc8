/** The `ts` code blocks of the documents, as modules that Node and the type checker can take. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Snippet {
  /** Document and line, as an editor opens it: `packages/balloon/README.md:12`. */
  readonly where: string
  readonly file: string
}

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** Outside of node_modules, where Node refuses to erase types, yet below the root, so that packages are found by name. */
export const directory: string = join(root, '.cache/snippets')

/** Blocks that are not to be run (signatures, fragments) carry another tag, such as `typescript`. */
const block = /^```ts\n([^]*?)^```$/gm

const base = {
  extends: '../../tsconfig.base.json',
  compilerOptions: { isolatedDeclarations: false, declaration: false, noUnusedLocals: false },
}

function documents(): string[] {
  const below = (folder: string): string[] =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`) : []
  const guides = below('docs').filter((name) => name.endsWith('.md'))
  const readmes = below('packages').map((folder) => `${folder}/README.md`)
  return ['README.md', ...guides, ...readmes].filter((path) => existsSync(join(root, path)))
}

function snippetsOf(document: string): Snippet[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(block)].map((match) => {
    const line = text.slice(0, match.index).split('\n').length
    const file = join(directory, `${document.replaceAll(/\W+/g, '-')}-${line}.ts`)
    // Empty lines first, so that an error names the line of the document.
    writeFileSync(file, `${'\n'.repeat(line)}${match[1]}`)
    return { where: `${document}:${line}`, file }
  })
}

/** Writes every snippet anew and says where they are. */
export function writeSnippets(): Snippet[] {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ ...base, include: ['*.ts'] }))
  return documents().flatMap(snippetsOf)
}
