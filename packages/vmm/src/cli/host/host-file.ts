import { accessSync, constants, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'
import type { core } from 'zod'
import { MistakesInFile, UsageError } from '../status.ts'
import { hostSchema, sizeSchema, type HostFile } from './host-schema.ts'

/** Where something is in a file. */
export type Path = readonly (string | number)[]

interface Issue {
  readonly path: Path
  readonly message: string
  /** The issue is about a key that the file should not have. */
  readonly key?: string
}

/**
 * Reads a host file: JSON, in which comments are allowed. Files that it names are looked for beside it.
 * @throws UsageError that names every mistake, each with its line and its path in the file.
 */
export function readHostFile(path: string): HostFile {
  const text = readText(path)
  const tree = parse(path, text)
  const raw = valueOf(tree)
  const result = hostSchema.safeParse(raw, { reportInput: true })
  const resolved = (file: string): string => resolve(dirname(path), file)
  const issues = [...(result.success ? [] : result.error.issues.flatMap(flatten)), ...crossIssues(raw, resolved)]
  if (!result.success || issues.length > 0) throw mistakes(path, text, tree, issues)
  return withPaths(result.data, resolved)
}

/** All files by their absolute paths. */
function withPaths(host: HostFile, resolved: (file: string) => string): HostFile {
  const image = <T extends { file: string }>(each: T): T => ({ ...each, file: resolved(each.file) })
  const { swap } = host
  return {
    ...host,
    ...(swap && { swap: { ...swap, ...(swap.file !== undefined && { file: resolved(swap.file) }) } }),
    vms: host.vms.map((vm) => ({
      ...vm,
      ...(vm.kernel !== undefined && { kernel: resolved(vm.kernel) }),
      ...(vm.initrd !== undefined && { initrd: resolved(vm.initrd) }),
      floppies: vm.floppies.map(image),
      disks: vm.disks.map(image),
      cdroms: vm.cdroms.map(resolved),
      virtio: { ...vm.virtio, disks: vm.virtio.disks.map(image) },
    })),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function parse(path: string, text: string): Node {
  const errors: ParseError[] = []
  const tree = parseTree(text, errors, { allowTrailingComma: true })
  if (errors.length > 0) {
    const lines = errors.map(({ error, offset }) => {
      const words = printParseErrorCode(error)
        .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
        .toLowerCase()
      return `${path}:${lineAt(text, offset)}: not JSON: ${words}`
    })
    throw new MistakesInFile(lines)
  }
  if (!tree) throw new UsageError(`${path}: is empty; see examples/host.json`)
  return tree
}

/** As `JSON.parse`, with objects that have no prototype: a key such as `__proto__` is a key. */
function valueOf(node: Node): unknown {
  if (node.type === 'array') return (node.children ?? []).map(valueOf)
  if (node.type !== 'object') return node.value
  const object = Object.create(null) as Record<string, unknown>
  for (const { children } of node.children ?? []) {
    if (children?.[0] && children[1]) object[String(children[0].value)] = valueOf(children[1])
  }
  return object
}

type SchemaIssue = core.$ZodIssue

/** Of a choice between a plain value and an object, the complaints about the object if there is one. */
function flatten(issue: SchemaIssue): Issue[] {
  if (issue.code !== 'invalid_union') return toIssues(issue)
  const isObject = typeof issue.input === 'object' && issue.input !== null && !Array.isArray(issue.input)
  const branches = issue.errors.map((branch) =>
    branch.filter(({ path, code }) => path.length > 0 || code !== 'invalid_type'),
  )
  const branch = isObject ? branches.at(-1) : branches.find((each) => each.length > 0)
  if (branch === undefined || branch.length === 0) return toIssues(issue)
  return branch.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] } as SchemaIssue))
}

function toIssues(issue: SchemaIssue): Issue[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step))
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path, key, message: 'is no setting here' }))
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) return [{ path, message: 'is missing' }]
  return [{ path, message: issue.message.replace(/^Invalid input: /, '') }]
}

/** What no single value tells: names that are given twice, and files that are not there. */
function crossIssues(raw: unknown, resolved: (file: string) => string): Issue[] {
  const { vms } = (raw ?? {}) as { vms?: unknown }
  if (!Array.isArray(vms)) return []
  const seen = new Map<unknown, number>()
  return vms.flatMap((vm: unknown, index) => {
    if (typeof vm !== 'object' || vm === null) return []
    const { name, memory } = vm as { name?: unknown; memory?: unknown }
    const issues: Issue[] = [...fileIssues(vm as Record<string, unknown>, ['vms', index], resolved)]
    if (typeof name === 'string' && seen.has(name)) {
      issues.push({ path: ['vms', index, 'name'], message: `"${name}" is vms[${seen.get(name)}]'s name already` })
    } else seen.set(name, index)
    return [...issues, ...limitIssues(memory, ['vms', index, 'memory'])]
  })
}

/** Limits that contradict each other, whatever else may be wrong. */
function limitIssues(memory: unknown, path: Path): Issue[] {
  if (typeof memory !== 'object' || memory === null) return []
  const { size, min, max } = memory as Record<string, unknown>
  const [sizeBytes, minBytes, maxBytes] = [size, min, max].map((value) => sizeSchema.safeParse(value).data)
  const issues: Issue[] = []
  const isAbove = (bytes: number | undefined, most: number | undefined): boolean =>
    bytes !== undefined && most !== undefined && bytes > most
  if (isAbove(maxBytes, sizeBytes)) issues.push({ path: [...path, 'max'], message: 'must be size at most' })
  if (isAbove(minBytes, sizeBytes)) issues.push({ path: [...path, 'min'], message: 'must be size at most' })
  else if (isAbove(minBytes, maxBytes)) issues.push({ path: [...path, 'min'], message: 'must be max at most' })
  return issues
}

/** Files that cannot be read, and words for a kernel that is not there. */
function* fileIssues(vm: Record<string, unknown>, path: Path, resolved: (file: string) => string): Generator<Issue> {
  const named: [Path, unknown][] = [
    [['kernel'], vm['kernel']],
    [['initrd'], vm['initrd']],
  ]
  const { disks } = (vm['virtio'] ?? {}) as { disks?: unknown }
  const kinds: [Path, unknown][] = ['floppies', 'disks', 'cdroms'].map((kind) => [[kind], vm[kind]])
  for (const [at, images] of [...kinds, [['virtio', 'disks'], disks] as [Path, unknown]]) {
    if (!Array.isArray(images)) continue
    images.forEach((image: unknown, index) => {
      if (typeof image === 'string') named.push([[...at, index], image])
      else if (image) named.push([[...at, index, 'file'], (image as { file?: unknown }).file])
    })
  }
  for (const [at, file] of named) {
    if (typeof file !== 'string' || file === '') continue
    const message = unreadable(resolved(file))
    if (message) yield { path: [...path, ...at], message: `${file}: ${message}` }
  }
}

function unreadable(file: string): string | null {
  try {
    accessSync(file, constants.R_OK)
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'no permission to read it' : 'there is no such file'
  }
}

function mistakes(path: string, text: string, tree: Node, issues: readonly Issue[]): MistakesInFile {
  const lines = issues.map(({ path: at, key, message }) => {
    const full = key === undefined ? at : [...at, key]
    return { line: lineAt(text, offsetOf(tree, full)), text: `${nameOf(full)}: ${message}` }
  })
  lines.sort((a, b) => a.line - b.line)
  return new MistakesInFile(lines.map(({ line, text: words }) => `${path}:${line}: ${words}`))
}

/** Where the value of a path begins; of a value that is missing, the object that should have it. */
function offsetOf(tree: Node, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length))
    if (node) return node.offset
  }
  return tree.offset
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** `vms[1].memory.min`. */
export function nameOf(path: Path): string {
  if (path.length === 0) return 'the file'
  return path.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${step}`)).join('')
}
