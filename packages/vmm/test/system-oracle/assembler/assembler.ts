import { forms, type Form } from './instructions.ts'
import { parseOperand, type Memory, type Operand } from './operands.ts'

export interface AssemblyOptions {
  /** Address of the first byte. */
  readonly origin: number
  readonly symbols?: Readonly<Record<string, number>>
  /** Of the first instruction; `bits 16` and `bits 32` change it. */
  readonly bits?: 16 | 32
}

export interface Assembled {
  readonly bytes: number[]
  readonly labels: ReadonlyMap<string, number>
}

const little = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, index) => (value >>> (index * 8)) & 0xff)

const segmentPrefix: readonly number[] = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]
const pushSegment: readonly (readonly number[])[] = [[0x06], [0x0e], [0x16], [0x1e], [0x0f, 0xa0], [0x0f, 0xa8]]
const popSegment: readonly (readonly number[])[] = [[0x07], [0x0f], [0x17], [0x1f], [0x0f, 0xa1], [0x0f, 0xa9]]
/** ModRM's r/m field for a 16-bit base register: BX, BP, SI, DI. */
const base16: Readonly<Record<number, number>> = { 3: 7, 5: 6, 6: 4, 7: 5 }
const fixed: Readonly<Record<string, readonly [bytes: number, number: number]>> = { al: [1, 0], cl: [1, 1], dx: [2, 2] }
const literal = /^-?(0x[0-9a-f]+|\d+)$/i

function matchesRegister(pattern: string, operand: Operand & { kind: 'register' }): boolean {
  const { bytes, number } = operand
  const exact = fixed[pattern]
  if (exact) return bytes === exact[0] && number === exact[1]
  if (pattern === 'av') return bytes > 1 && number === 0
  if (pattern === 'rm16') return bytes > 1
  const size = pattern.replace(/^rm?/, '')
  return pattern.startsWith('r') && (size === 'v' ? bytes > 1 : Number(size) === bytes * 8)
}

function matchesValue(pattern: string, operand: Operand & { kind: 'value' }): boolean {
  if (pattern === 'short' || pattern === 'near') return operand.short === (pattern === 'short')
  if (operand.short) return false
  if (pattern !== 's8') return pattern.startsWith('i')
  const value = Number(operand.expression)
  return literal.test(operand.expression) && value >= -128 && value < 128
}

function matches(pattern: string, operand: Operand): boolean {
  switch (operand.kind) {
    case 'register':
      return matchesRegister(pattern, operand)
    case 'memory':
      if (pattern === 'm' || pattern === 'rm16') return true
      if (pattern === 'rm8') return operand.bytes <= 1
      return pattern.startsWith('rm') && operand.bytes !== 1
    case 'value':
      return matchesValue(pattern, operand)
    case 'far':
      return pattern === 'far'
    default:
      return pattern === { segment: 'sr', control: 'cr', debug: 'dr' }[operand.kind]
  }
}

/** A two-pass assembler: the first pass finds where labels are. */
export class Assembler {
  readonly #symbols: Map<string, number>
  readonly #origin: number
  readonly #firstBits: 16 | 32
  #bits: 16 | 32 = 32
  #bytes: number[] = []
  #final = false

  constructor({ origin, symbols = {}, bits = 32 }: AssemblyOptions) {
    this.#symbols = new Map(Object.entries(symbols))
    this.#origin = origin
    this.#firstBits = bits
  }

  assemble(source: string): Assembled {
    const lines = source.split(/[\n;]/).map((line) => line.replace(/#.*/, '').trim())
    const labels = new Map<string, number>()
    for (this.#final of [false, true]) {
      this.#bytes = []
      this.#bits = this.#firstBits
      for (const line of lines) this.#line(line, labels)
      for (const [label, address] of labels) this.#symbols.set(label, address)
    }
    return { bytes: this.#bytes, labels }
  }

  get #here(): number {
    return this.#origin + this.#bytes.length
  }

  #line(line: string, labels: Map<string, number>): void {
    const label = /^(\w+):\s*/.exec(line)
    if (label) labels.set(label[1]!, this.#here)
    const text = label ? line.slice(label[0].length) : line
    if (text === '') return
    const word = /^\S+/.exec(text)![0]
    const rest = text.slice(word.length).trim()
    const prefix = ['lock', 'rep', 'repne'].includes(word) && rest !== ''
    if (prefix) this.#bytes.push(Number.parseInt(forms.get(word)![0]!.encoding[0]!, 16))
    if (prefix) this.#line(rest, labels)
    else if (!this.#directive(word, rest)) this.#instruction(word, rest, line)
  }

  #directive(word: string, rest: string): boolean {
    const size = { db: 1, dw: 2, dd: 4 }[word]
    if (size) for (const item of rest.split(',')) this.#emit(this.#value(item), size)
    else if (word === 'bits') this.#bits = rest === '16' ? 16 : 32
    else if (word === 'org') while (this.#here < this.#value(rest)) this.#bytes.push(0)
    else return false
    return true
  }

  #emit(value: number, count: number): void {
    this.#bytes.push(...little(value, count))
  }

  /** Sums of numbers and names; `high name` is the name's upper half. */
  #value(expression: string): number {
    let sum = 0
    for (const [, sign, half, term] of expression.matchAll(/([+-]?)\s*(high\s+)?(\w+)/g)) {
      const known = /^\d/.test(term!) ? Number(term) : this.#symbols.get(term!)
      if (known === undefined && this.#final) throw new Error(`unknown name ${term} in ${expression}`)
      const value = half ? (known ?? 0) >>> 16 : (known ?? 0)
      sum += sign === '-' ? -value : value
    }
    return sum >>> 0
  }

  #instruction(mnemonic: string, rest: string, line: string): void {
    const operands = rest === '' ? [] : rest.split(',').map((text) => parseOperand(text.trim()))
    const form = forms
      .get(mnemonic)
      ?.find(
        ({ operands: patterns }) =>
          patterns.length === operands.length && patterns.every((pattern, index) => matches(pattern, operands[index]!)),
      )
    if (!form) throw new Error(`cannot assemble: ${line}`)
    this.#encode(form, operands)
  }

  /** 2 or 4 where the operands or the form choose an operand size, else the mode's own. */
  #operandBytes({ operands: patterns, encoding }: Form, operands: readonly Operand[]): number {
    if (encoding[0] === 'o16') return 2
    if (encoding[0] === 'o32') return 4
    for (const [index, operand] of operands.entries()) {
      const sized = operand.kind === 'register' || operand.kind === 'memory'
      if (sized && /^(av|rm?v|m)$/.test(patterns[index]!) && operand.bytes > 1) return operand.bytes
    }
    return this.#bits / 8
  }

  #encode(form: Form, operands: readonly Operand[]): void {
    const memory = operands.find((operand) => operand.kind === 'memory')
    const size = this.#operandBytes(form, operands)
    const addressBytes = memory?.baseBytes || this.#bits / 8
    if (size * 8 !== this.#bits) this.#bytes.push(0x66)
    if (memory && addressBytes * 8 !== this.#bits) this.#bytes.push(0x67)
    if (memory && memory.segment >= 0) this.#bytes.push(segmentPrefix[memory.segment]!)
    for (const token of form.encoding) this.#token(token, operands, form, size)
  }

  #token(token: string, operands: readonly Operand[], form: Form, size: number): void {
    const segment = numberOf(operands.find((operand) => operand.kind === 'segment') ?? noSegment)
    if (token.startsWith('o')) return
    if (/^[0-9A-Fa-f]{2}$/.test(token)) this.#bytes.push(Number.parseInt(token, 16))
    else if (token === 'push-segment') this.#bytes.push(...pushSegment[segment]!)
    else if (token === 'pop-segment') this.#bytes.push(...popSegment[segment]!)
    else if (token === '+r') this.#bytes[this.#bytes.length - 1]! += numberOf(operands[0]!)
    else if (token.startsWith('/')) this.#modRm(token, operands, form)
    else this.#immediate(token, operands, size)
  }

  #immediate(token: string, operands: readonly Operand[], size: number): void {
    const operand = operands.find(({ kind }) => kind === 'value' || kind === 'far')
    if (operand?.kind === 'far') {
      this.#emit(this.#value(operand.offset), size)
      this.#emit(this.#value(operand.selector), 2)
    } else if (operand?.kind === 'value') {
      const value = this.#value(operand.expression)
      const bytes = { ib: 1, rel8: 1, iw: 2 }[token] ?? size
      const relative = token.startsWith('rel')
      const distance = (value - this.#here - bytes) | 0
      if (token === 'rel8' && this.#final && distance !== (distance << 24) >> 24) {
        throw new Error(`${operand.expression} is too far`)
      }
      this.#emit(relative ? distance : value, bytes)
    }
  }

  /** `/r`: which operand is the ModRM's reg field follows from the patterns; `/digit`: the digit is. */
  #modRm(token: string, operands: readonly Operand[], { operands: patterns }: Form): void {
    const special = operands.findIndex(({ kind }) => kind === 'control' || kind === 'debug')
    let place = special < 0 ? patterns.findIndex((pattern) => pattern.startsWith('rm') || pattern === 'm') : 1 - special
    if (place < 0) place = 0
    const reg = token === '/r' ? numberOf(operands[1 - place]!) : Number(token[1])
    const target = operands[place]!
    if (target.kind !== 'memory') this.#bytes.push(0xc0 | (reg << 3) | numberOf(target))
    else this.#address(reg << 3, target)
  }

  #address(reg: number, { base, baseBytes, displacement }: Memory): void {
    const value = this.#value(displacement)
    const width = baseBytes || this.#bits / 8
    if (base < 0) {
      this.#bytes.push(reg | (width === 4 ? 5 : 6))
    } else {
      this.#bytes.push(0x80 | reg | (width === 4 ? base : base16[base]!))
      if (width === 4 && base === 4) this.#bytes.push(0x24)
    }
    this.#emit(value, width)
  }
}

const noSegment: Operand = { kind: 'segment', number: 0 }

function numberOf(operand: Operand): number {
  return 'number' in operand ? operand.number : 0
}

/** Assembles Intel syntax; lines or `;` separate instructions, `#` begins a comment. */
export function assemble(source: string, options: AssemblyOptions): Assembled {
  return new Assembler(options).assemble(source)
}
