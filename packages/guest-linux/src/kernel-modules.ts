/** What a kernel module says of itself in its `.modinfo` section, which is what depmod reads. */
export interface ModuleFacts {
  readonly depends: readonly string[]
  readonly softDepends: readonly string[]
  readonly aliases: readonly string[]
}

const ELF_MAGIC = 0x464c457f
const latin1 = new TextDecoder('latin1')

/** Module names are equal whether written with a dash or an underscore; the underscore is the kernel's own form. */
export function moduleName(fileOrName: string): string {
  const file = fileOrName.slice(fileOrName.lastIndexOf('/') + 1)
  return file.replace(/\.ko(\.(xz|gz|zst))?$/, '').replaceAll('-', '_')
}

/** Reads a module's facts; undefined when the bytes are not a little-endian ELF object with a `.modinfo` section. */
export function readModuleFacts(bytes: Uint8Array): ModuleFacts | undefined {
  const section = findSection(bytes, '.modinfo')
  if (section === undefined) return undefined
  const lines = latin1.decode(section).split('\0')
  const values = (key: string): string[] =>
    lines.filter((line) => line.startsWith(`${key}=`)).map((line) => line.slice(key.length + 1))
  return {
    depends: values('depends')
      .flatMap((list) => list.split(','))
      .filter(Boolean)
      .map(moduleName),
    softDepends: values('softdep').flatMap(softDependencyNames),
    aliases: values('alias'),
  }
}

/** `pre: a b post: c` names modules that should be there when possible. */
function softDependencyNames(line: string): string[] {
  return line
    .split(/\s+/)
    .filter((word) => word !== '' && !word.endsWith(':'))
    .map(moduleName)
}

/** Section headers as in the System V ABI, ELF32 and ELF64. */
function findSection(bytes: Uint8Array, wanted: string): Uint8Array | undefined {
  if (bytes.length < 64) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const wide = bytes[4] === 2
  if (view.getUint32(0, true) !== ELF_MAGIC || bytes[5] !== 1) return undefined
  const word = (at: number): number => (wide ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true))
  const table = word(wide ? 0x28 : 0x20)
  const entryBytes = view.getUint16(wide ? 0x3a : 0x2e, true)
  const count = view.getUint16(wide ? 0x3c : 0x30, true)
  const namesIndex = view.getUint16(wide ? 0x3e : 0x32, true)
  if (entryBytes < (wide ? 64 : 40) || namesIndex >= count || table + count * entryBytes > bytes.length)
    return undefined
  const contents = (index: number): Uint8Array => {
    const header = table + index * entryBytes
    const offset = word(header + (wide ? 0x18 : 0x10))
    return bytes.subarray(offset, offset + word(header + (wide ? 0x20 : 0x14)))
  }
  const names = latin1.decode(contents(namesIndex))
  for (let index = 0; index < count; index += 1) {
    const nameAt = view.getUint32(table + index * entryBytes, true)
    if (names.slice(nameAt, names.indexOf('\0', nameAt)) === wanted) return contents(index)
  }
  return undefined
}

export interface FoundModule extends ModuleFacts {
  readonly name: string
  /** Path below `/lib/modules/<release>`, always uncompressed: ends in `.ko`. */
  readonly path: string
  readonly data: Uint8Array
}

/**
 * The wanted modules and all they depend on, dependencies first.
 * `load` answers undefined for what is built into the kernel or does not exist.
 */
export async function closeOverDependencies(
  wanted: readonly string[],
  load: (name: string) => Promise<FoundModule | undefined>,
): Promise<FoundModule[]> {
  const ordered: FoundModule[] = []
  const visited = new Set<string>()
  const visit = async (name: string): Promise<void> => {
    if (visited.has(name)) return
    visited.add(name)
    const found = await load(name)
    if (found === undefined) return
    for (const dependency of [...found.depends, ...found.softDepends]) await visit(dependency)
    ordered.push(found)
  }
  for (const name of wanted) await visit(moduleName(name))
  return ordered
}

/** `modules.dep`: each module with everything that must be loaded before it, nearest first, as depmod writes it. */
export function dependencyFile(modules: readonly FoundModule[]): string {
  const byName = new Map(modules.map((module) => [module.name, module]))
  const order = new Map(modules.map((module, index) => [module.name, index]))
  const needs = (module: FoundModule, into: Set<string>): Set<string> => {
    for (const name of module.depends) {
      const dependency = byName.get(name)
      if (dependency === undefined || into.has(name)) continue
      into.add(name)
      needs(dependency, into)
    }
    return into
  }
  return modules
    .map((module) => {
      const names = [...needs(module, new Set())].sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0))
      return `${module.path}:${names.map((name) => ` ${byName.get(name)?.path}`).join('')}\n`
    })
    .join('')
}

/** `modules.alias`: by which device a module is wanted. */
export function aliasFile(modules: readonly FoundModule[]): string {
  return modules.flatMap((module) => module.aliases.map((alias) => `alias ${alias} ${module.name}\n`)).join('')
}
