import { assemble } from './assembler/assembler.ts'
import { At, Selector, descriptor, gate, segments, slotOf } from './layout.ts'
import { runtimeSource } from './runtime.ts'
import type { SystemCase } from './types.ts'

const masterBytes = At.LOW
const headerBytes = 32

const constants: Readonly<Record<string, number>> = { ...At, ...Selector, MASTERDWORDS: masterBytes / 4 }

const wordsOf = (values: readonly number[]): string =>
  values.length === 0 ? '' : `dd ${values.map((value) => value >>> 0).join(', ')}`
const bytesOf = (values: readonly number[]): string => (values.length === 0 ? '' : `db ${values.join(', ')}`)

/** Where the runtime's names are. What follows the runtime is not known yet, and moves none of them. */
function runtimeLabels(): ReadonlyMap<string, number> {
  const source = `${runtimeSource}\ncase_count:\ncase_table:\nmaster:`
  return assemble(source, { origin: At.IMAGE + headerBytes, symbols: constants }).labels
}

/** Vectors that user code may call: INT3, INTO, BOUND's neighbours and the recorder's own. */
const userVectors: readonly number[] = [3, 4, 0x20, 0x21, 0x30, 0xfe]

/** The descriptor tables and task states that each case finds. */
function masterTables(label: (name: string) => number): Uint8Array {
  const bytes = new Uint8Array(masterBytes)
  const view = new DataView(bytes.buffer)
  const put = (at: number, words: readonly number[]): void =>
    words.forEach((word, index) => view.setUint32(at + index * 4, word, true))
  for (const [selector, base, limit, attributes] of segments) {
    put(At.GDT + (selector & 0xfff8), descriptor(base, limit, attributes))
  }
  for (let vector = 0; vector < 256; vector++) {
    const dpl = userVectors.includes(vector) ? 3 : 0
    put(At.IDT + vector * 8, gate(Selector.CODE0, label(`stub${vector}`), 14, dpl))
    view.setUint32(vector * 4, ((0xff00 << 16) | vector) >>> 0, true)
  }
  put(At.TSS + 4, [At.STACK0, Selector.DATA0, At.STACK1, Selector.DATA1, At.STACK2, Selector.DATA2])
  // No port is allowed, and no interrupt of virtual-8086 mode redirected: the 32 bytes before the bitmap are ones.
  put(At.TSS + 0x64, [0x88_0000])
  bytes.fill(0xff, At.TSS + 0x68, At.TSS + 0x68 + 32 + 0x2001)
  for (const [at, entry] of [
    [At.TSS2, label('task_entry')],
    [At.TSSDF, label('double_fault_task')],
  ] as const) {
    put(at + 4, [At.STACK0, Selector.DATA0])
    put(at + 0x20, [entry, 2, 0x2a, 0x2c, 0x2d, 0x2b, At.STACKT, 0x2e, 0x2f, 0x30])
    const data = Selector.DATA0
    put(at + 0x48, [data, Selector.CODE0, data, data, data, data, Selector.LDTSEL, 0x68_0000])
  }
  return bytes
}

interface Piece {
  readonly bytes: readonly number[]
  readonly low: readonly number[]
}

function assembleCase(systemCase: SystemCase, index: number, runtime: ReadonlyMap<string, number>): Piece {
  const symbols: Record<string, number> = { ...constants, ...Object.fromEntries(runtime) }
  try {
    const { low: lowSource = '', lowBits: bits = 16 } = systemCase
    const low = assemble(`${lowSource}\nint 0x20`, { origin: At.LOW, symbols, bits })
    Object.assign(symbols, Object.fromEntries(low.labels))
    const { bytes } = assemble(`${systemCase.code}\nint 0x20`, { origin: slotOf(index), symbols })
    return { bytes, low: low.bytes }
  } catch (error) {
    throw new Error(`case ${systemCase.name}`, { cause: error })
  }
}

/** The Multiboot image that runs `cases`, of which the first is its feature's `first`. */
export function imageOf(cases: readonly SystemCase[], first = 0): Uint8Array<ArrayBuffer> {
  const runtime = runtimeLabels()
  const pieces = cases.map((systemCase, index) => assembleCase(systemCase, first + index, runtime))
  const entries = pieces.map(
    ({ bytes, low }, index) =>
      `dd code${index}, ${slotOf(first + index)}, ${bytes.length}, low${index}, ${low.length}, shown${index}`,
  )
  const contents = pieces.map(({ bytes, low }, index) => {
    const shown = (cases[index]!.shows ?? []).flatMap(({ address, words }) => [address, words])
    return `code${index}: ${bytesOf(bytes)}\nlow${index}: ${bytesOf(low)}\nshown${index}: ${wordsOf([...shown, 0, 0])}`
  })
  const master = masterTables((name) => runtime.get(name)!)
  const tables = `master: ${wordsOf([...new Uint32Array(master.buffer)])}`
  const source = [runtimeSource, `case_count: dd ${cases.length}`, 'case_table:', ...entries, ...contents, tables]
  const { bytes, labels } = assemble(source.join('\n'), { origin: At.IMAGE + headerBytes, symbols: constants })
  const flags = 0x1_0000
  const magic = 0x1bad_b002
  const end = At.IMAGE + headerBytes + bytes.length
  const header = Uint32Array.of(magic, flags, -(magic + flags), At.IMAGE, At.IMAGE, end, end, labels.get('entry')!)
  return Uint8Array.from([...new Uint8Array(header.buffer), ...bytes])
}
