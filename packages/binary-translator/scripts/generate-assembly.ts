// Compiles assembly/ to src/generated/x87.ts and sse.ts: each module's bytes and the types of its exports.
// Run it again at any time: an unchanged input (by hash) costs nothing.
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { x87Tables } from './x87-tables.ts'

const assembly = new URL('../assembly/', import.meta.url)

/** One module: its entry in assembly/, the names in the generated file, and further options. */
interface Target {
  readonly entry: string
  readonly name: string
  readonly type: string
  readonly title: string
  readonly options: readonly string[]
  /** Bytes that the module reads at the address `env.tables`. */
  readonly tables?: () => Uint8Array
}

const TARGETS: readonly Target[] = [
  { entry: 'index.ts', name: 'x87', type: 'X87', title: 'x87', options: [], tables: x87Tables },
  { entry: 'sse.ts', name: 'sse', type: 'Sse', title: 'SSE', options: ['--enable', 'simd'] },
]

const OPTIONS = [
  '--outFile',
  'module.wasm',
  '-O3',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
  '--importMemory',
  '--noExportMemory',
  '--use',
  'abort=',
]

type Sources = Map<string, string>

async function readSources(): Promise<Sources> {
  const names = (await readdir(assembly)).filter((name) => name.endsWith('.ts')).sort()
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, assembly), 'utf8')] as const)),
  )
}

async function hashOf(sources: Sources): Promise<string> {
  const hash = createHash('sha256')
  for (const script of ['generate-assembly.ts', 'x87-tables.ts']) {
    hash.update(await readFile(new URL(script, import.meta.url), 'utf8'))
  }
  for (const [name, text] of sources) hash.update(`${name}\0${text}\0`)
  return hash.digest('hex')
}

async function compile(sources: Sources, { entry, options }: Target): Promise<Uint8Array> {
  const { default: asc } = await import('assemblyscript/asc')
  let binary: Uint8Array | undefined
  const { error, stderr } = await asc.main([entry, ...OPTIONS, ...options], {
    readFile: (name: string) => sources.get(name.replace(/^\.\//, '')) ?? null,
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name.endsWith('.wasm')) binary = contents as Uint8Array
    },
    listFiles: () => [],
  })
  if (error || !binary) throw new Error(`AssemblyScript: ${error?.message ?? 'no output'}\n${stderr.toString()}`)
  return binary
}

/** The memory belongs to the machine: the module may bring neither data nor a start function nor a memory of its own. */
function check(binary: Uint8Array, module: WebAssembly.Module, { tables }: Target): void {
  const imports = WebAssembly.Module.imports(module)
  const names = imports.map(({ module: from, name, kind }) => `${kind} ${from}.${name}`).sort()
  const expected = tables ? ['global env.tables', 'memory env.memory'] : ['memory env.memory']
  if (names.join() !== expected.join()) throw new Error(`unexpected imports ${names.join(', ')}`)
  for (const section of sectionsOf(binary)) {
    if (section === 8 || section === 11) throw new Error(`the module has a ${section === 8 ? 'start' : 'data'} section`)
  }
}

function* sectionsOf(binary: Uint8Array): Generator<number> {
  for (let at = 8; at < binary.length;) {
    yield binary[at++]!
    let size = 0
    for (let shift = 0, more = true; more; shift += 7) {
      size |= (binary[at]! & 0x7f) << shift
      more = (binary[at++]! & 0x80) !== 0
    }
    at += size
  }
}

const TYPES: Record<string, string> = {
  usize: 'number',
  i32: 'number',
  u32: 'number',
  i64: 'bigint',
  u64: 'bigint',
  void: 'void',
}

/** One documented member per exported function, from its signature in the sources. */
function describe(sources: Sources, entry: string, exported: ReadonlySet<string>): string {
  const pattern = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport function (\w+)\(([^)]*)\): (\w+)/g
  const members: string[] = []
  const sourceNames = new Set(
    [...sources.get(entry)!.matchAll(/from '\.\/([\w-]+)'/g)].map((match) => `${match[1]}.ts`),
  )
  const found = new Set<string>()
  for (const [file, text] of sources) {
    if (!sourceNames.has(file)) continue
    for (const [, comment, name, parameters, result] of text.matchAll(pattern)) {
      if (!exported.has(name!)) continue
      found.add(name!)
      const typed = parameters!
        .split(',')
        .map((parameter) => parameter.trim().replace(/: (\w+)$/, (_, type: string) => `: ${TYPES[type]!}`))
      members.push(`  /**${comment}*/\n  ${name}(${typed.join(', ')}): ${TYPES[result!]!}`)
    }
  }
  const missing = [...exported].filter((name) => !found.has(name))
  if (missing.length) throw new Error(`exports without a doc comment: ${missing.join(', ')}`)
  return members.join('\n')
}

function render(target: Target, hash: string, binary: Uint8Array, members: string, names: readonly string[]): string {
  const { name, type, title, tables } = target
  return `// Generated by scripts/generate-assembly.ts from assembly/. Inputs: ${hash}

/** The ${title} functions; \`cpu\` is the byte address of a vCPU's state block in the imported memory. */
export interface ${type}Exports {
${members}
}

export type ${type}Function = keyof ${type}Exports

/** Every export's name, sorted. */
export const ${name}Functions: readonly ${type}Function[] = ${JSON.stringify(names)}

/** The module: it imports the machine's memory as \`env.memory\`${tables ? ', and the address of its tables as `env.tables`' : ''}. */
export const ${name}Bytes = (): Uint8Array<ArrayBuffer> => decode('${base64(binary)}')
${tables ? renderTables(name, tables()) : ''}
function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
`
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const renderTables = (name: string, bytes: Uint8Array): string => `
/** What the module reads: to be copied into the memory. */
export const ${name}Tables = (): Uint8Array<ArrayBuffer> => decode('${base64(bytes)}')

/** Size of these tables in bytes. */
export const ${name}TableBytes = ${bytes.length}
`

async function generate(sources: Sources, target: Target): Promise<void> {
  const output = new URL(`../src/generated/${target.name}.ts`, import.meta.url)
  const hash = await hashOf(sources)
  const old = await readFile(output, 'utf8').catch(() => '')
  if (old.slice(0, 300).includes(hash)) return
  const binary = await compile(sources, target)
  const module = new WebAssembly.Module(binary as Uint8Array<ArrayBuffer>)
  check(binary, module, target)
  const names = WebAssembly.Module.exports(module)
    .filter((entry) => entry.kind === 'function')
    .map((entry) => entry.name)
    .sort()
  const members = describe(sources, target.entry, new Set(names))
  await mkdir(new URL('.', output), { recursive: true })
  await writeFile(output, render(target, hash, binary, members, names))
  process.stdout.write(`${target.name}.ts: ${names.length} functions, ${binary.length} bytes\n`)
}

const sources = await readSources()
for (const target of TARGETS) await generate(sources, target)
