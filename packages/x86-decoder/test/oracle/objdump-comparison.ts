import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { decodeInto, DecodeStatus, format, Instruction, mnemonicName, Operation } from '../../src/index.ts'
import type { Bitness } from '../../src/index.ts'
import { iced } from './iced.ts'
import { normalize } from './objdump-normalization.ts'

export interface ObjdumpComparison {
  /** Lines that objdump lists. */
  instructions: number
  /** Bytes that are no instruction to any of the decoders: data between code. */
  none: number
  /** Alike only after normalization. */
  normalized: number
  different: number
  /** By what differs: how often, and one example. */
  readonly differences: Map<string, { count: number; example: string }>
}

/** A line of objdump's. */
interface Line {
  readonly address: string
  readonly hex: string
  readonly text: string
}

const LINE = /^ *([0-9a-f]+):\t([0-9a-f ]+?) *\t(.*)$/

/** Formats every instruction that objdump lists in a file, and compares. */
export async function compareWithObjdump(file: string, bitness: Bitness): Promise<ObjdumpComparison> {
  const child = spawn('objdump', ['-d', '-w', '-z', '--insn-width=16', '-M', 'intel,intel64', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const comparer = new Comparer(bitness)
  for await (const line of createInterface({ input: child.stdout, crlfDelay: Infinity })) {
    const match = LINE.exec(line)
    if (match) comparer.add({ address: match[1]!, hex: match[2]!, text: match[3]! })
  }
  const status = await closed
  if (status !== 0) throw new Error(`objdump of ${file} ended with ${status}`)
  return comparer.result
}

/** x87 instructions that are two: WAIT, and the one whose name has an n. */
const WAITING = /\bf(stcw|stsw|stenv|save|clex|init)/

class Comparer {
  readonly result: ObjdumpComparison = { instructions: 0, none: 0, normalized: 0, different: 0, differences: new Map() }
  readonly #instruction = new Instruction()
  readonly #bytes = new Uint8Array(16)
  readonly #bitness: Bitness

  constructor(bitness: Bitness) {
    this.#bitness = bitness
  }

  add({ address, hex, text: listed }: Line): void {
    const text = listed.replace(/ +/g, ' ').trimEnd()
    const instruction = this.#instruction
    const length = this.#read(hex)
    this.result.instructions++
    const status = decodeInto(this.#bytes, 0, length, this.#bitness, instruction)
    if (status !== DecodeStatus.Ok) return this.#invalid(length, { address, hex, text })
    if (instruction.operation === Operation.Wait && instruction.length < length)
      return this.#waiting({ address, hex, text })
    const ip = address.length > 8 ? BigInt(`0x${address}`) : Number.parseInt(address, 16)
    const ours = format(instruction, { dialect: 'gnu', ip })
    if (instruction.length === length) {
      if (ours === text) return
      if (ours === normalize(text, instruction)) {
        this.result.normalized++
        return
      }
    }
    this.#differ(`${mnemonicName(instruction.mnemonic)} ${instruction.length - length}`, { address, hex, text }, ours)
  }

  #read(hex: string): number {
    const length = (hex.length + 1) / 3
    for (let i = 0; i < length; i++) this.#bytes[i] = Number.parseInt(hex.slice(i * 3, i * 3 + 2), 16)
    return length
  }

  /** Both we and iced must say that it is none, whatever objdump lists. */
  #invalid(length: number, line: Line): void {
    const decoder = new iced.Decoder(this.#bitness, this.#bytes.subarray(0, length), 0)
    const theirs = decoder.decode()
    if (theirs.code === iced.Code.INVALID) this.result.none++
    else this.#differ('invalid', line, 'invalid')
    theirs.free()
    decoder.free()
  }

  /** objdump takes WAIT and an x87 instruction together, as assemblers do: FSTCW is WAIT and FNSTCW (SDM vol. 2, FSTCW). */
  #waiting({ address, hex, text }: Line): void {
    this.add({ address, hex: hex.replace(/9b /, ''), text: text.replace(WAITING, 'fn$1') })
  }

  #differ(key: string, { address, hex, text }: Line, ours: string): void {
    this.result.different++
    const example = `${address}: ${hex} | ${normalize(text, this.#instruction)} | ${ours}`
    const entry = this.result.differences.get(key) ?? { count: 0, example }
    entry.count++
    this.result.differences.set(key, entry)
  }
}
