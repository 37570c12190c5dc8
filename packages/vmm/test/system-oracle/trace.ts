import { At, slotBytes, slotOf } from './layout.ts'
import { doneVector, noteVector, recordWords, registersAtStart, stackWords } from './runtime.ts'
import type { SystemCase } from './types.ts'

const exceptionNames: readonly string[] = [
  ...['#DE', '#DB', 'NMI', '#BP', '#OF', '#BR', '#UD', '#NM', '#DF', 'vector 09', '#TS', '#NP', '#SS', '#GP', '#PF'],
  ...['vector 0f', '#MF', '#AC', '#MC', '#XM'],
]

function nameOf(vector: number): string {
  if (vector === doneVector) return 'done'
  if (vector === noteVector) return 'note'
  return exceptionNames[vector] ?? `vector ${vector.toString(16).padStart(2, '0')}`
}

/** More than the runtime lets a case have. */
const mostLines = 40

const hex = (value: number, digits = 8): string => (value >>> 0).toString(16).padStart(digits, '0')

/** Reads what an image has sent. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#at++] ?? 0
  }

  word(): number {
    return (this.byte() | (this.byte() << 8) | (this.byte() << 16) | (this.byte() << 24)) >>> 0
  }

  words(count: number): number[] {
    return Array.from({ length: count }, () => this.word())
  }
}

const flatSegments = ['ds', 'es', 'fs', 'gs'] as const

/** What is not as a case finds it. */
function changes(record: ReadonlyMap<string, number>, show: (value: number) => string): string[] {
  const out: string[] = []
  const value = (name: string): number => record.get(name)!
  for (const [name, initial] of Object.entries(registersAtStart)) {
    if (value(name) !== initial) out.push(`${name}=${show(value(name))}`)
  }
  // PUSH of a segment register may leave the upper half of its slot alone. SDM vol. 2, PUSH.
  const selector = (name: string): number => value(name) & 0xffff
  for (const name of flatSegments) if (selector(name) !== 0x10) out.push(`${name}=${hex(selector(name), 4)}`)
  if (value('tr') !== 0x28) out.push(`tr=${hex(value('tr'), 4)}`)
  if (value('ldtr') !== 0x30) out.push(`ldtr=${hex(value('ldtr'), 4)}`)
  if (value('cr2') !== 0) out.push(`cr2=${show(value('cr2'))}`)
  if (value('dr6') !== 0xffff_0ff0) out.push(`dr6=${hex(value('dr6'))}`)
  return out
}

/** An event as a line: name, stack from its top to the stack's beginning, where it was handled, and what has changed. */
function eventLine(reader: Reader, show: (value: number) => string): string {
  const values = reader.words(recordWords.length)
  const stack = reader.words(stackWords)
  const record = new Map(recordWords.map((name, index) => [name, values[index]!]))
  const esp = record.get('esp')!
  const tops = [At.STACK0, At.STACK1, At.STACK2, At.STACK3, At.STACKT]
  const top = tops.find((address) => esp <= address && esp >= address - stackWords * 4)
  const pushed = stack.slice(0, top === undefined ? 8 : (top - esp) / 4).map(show)
  const where = `cs=${hex(record.get('cs')!, 4)} ss:esp=${hex(record.get('ss')!, 4)}:${hex(esp)} fl=${hex(record.get('eflags')!)}`
  return [`${nameOf(record.get('vector')!)} [${pushed.join(' ')}]`, where, ...changes(record, show)].join(' ')
}

/** Bytes from the image's beginning that the runtime surely covers. */
const runtimeBytes = 0x2000

/** Addresses are shown so that they do not depend on where a case is, from the case's beginning, nor on the runtime's code. */
function presenter(index: number): (value: number) => string {
  const start = slotOf(index)
  return (value) => {
    if (value > At.IMAGE && value < At.IMAGE + runtimeBytes) return 'runtime'
    return value >= start && value < start + slotBytes ? `@${hex(value - start, 4)}` : hex(value)
  }
}

/**
 * What cases did, in lines; one that the machine did not survive ends in `shutdown`. The first of them is the `first` of its
 * feature.
 */
export function readTrace(
  bytes: Uint8Array,
  cases: readonly SystemCase[],
  first = 0,
): ReadonlyMap<string, readonly string[]> {
  const traces = new Map<string, string[]>()
  const reader = new Reader(bytes)
  let lines: string[] = []
  let shown = 0
  let index = 0
  let open = false
  while (!reader.ended) {
    const tag = String.fromCharCode(reader.byte())
    if (tag === 'C') {
      index = reader.byte() | (reader.byte() << 8)
      lines = []
      shown = 0
      open = true
      traces.set(cases[index]?.name ?? `case ${index}`, lines)
    } else if (tag === 'E') {
      lines.push(eventLine(reader, presenter(first + index)))
      if (lines.length > mostLines) break
    } else if (tag === 'M') {
      const { address, words } = cases[index]!.shows![shown++]!
      lines.push(
        `${hex(address)}: ${reader
          .words(words)
          .map(presenter(first + index))
          .join(' ')}`,
      )
    } else if (tag === 'F') {
      open = false
    } else {
      lines.push(`unreadable ${hex(tag.charCodeAt(0), 2)}`)
      break
    }
  }
  if (open) lines.push('shutdown')
  return traces
}
