/** How numbers look: `0FFh` or `0xff`. */
export type HexStyle = 'suffix' | 'prefix'

/** How text looks. What is left out is as the dialect has it. */
export interface FormatOptions {
  /** Address of the instruction: branch targets are absolute from it. Default 0. */
  readonly ip?: bigint | number
  /**
   * `intel` (default): Intel syntax as the manuals and MASM write it. `gnu`: as `objdump -d -M intel` lists it, with numbers
   * after `0x`, capitals in `DWORD PTR`, the operands of string operations, and GNU's names for some instructions.
   */
  readonly dialect?: 'intel' | 'gnu'
  /** `suffix` (intel): `0FFh`. `prefix` (gnu): `0xff`. */
  readonly hex?: HexStyle
  /** True: names, registers and keywords in capitals. */
  readonly uppercase?: boolean
  /** True: `add eax, 5`. */
  readonly spaceAfterComma?: boolean
  /** `always` (default), or `needed`: not where a register operand of the same size tells it already. */
  readonly memorySize?: 'always' | 'needed'
  /** True (gnu): `cmpltps xmm0,xmm1` instead of `cmpps xmm0,xmm1,1`. */
  readonly pseudoOperations?: boolean
  /** True: a RIP-relative operand shows the address it means, from `ip`, instead of `rip+10h`. */
  readonly absoluteRip?: boolean
  /** True: negative immediates as `-1`, not as `0FFFFFFFFh`. */
  readonly signedImmediates?: boolean
  /** Names an address: what it returns stands for the number. `undefined`: the number. */
  readonly symbol?: (address: bigint, use: SymbolUse) => string | undefined
}

/** What an address is in an instruction: a branch's target, or where memory is (without base and index, or RIP-relative). */
export type SymbolUse = 'branch' | 'memory'

/** Options with nothing left open. */
export interface Style {
  readonly gnu: boolean
  readonly hex: HexStyle
  readonly uppercase: boolean
  readonly separator: string
  readonly minimal: boolean
  readonly pseudo: boolean
  readonly absoluteRip: boolean
  readonly signed: boolean
  readonly ip: bigint | number
  readonly symbol: FormatOptions['symbol']
}

/** The style that options mean. */
export function styleOf(options: FormatOptions): Style {
  const gnu = options.dialect === 'gnu'
  return {
    gnu,
    hex: options.hex ?? (gnu ? 'prefix' : 'suffix'),
    uppercase: options.uppercase === true,
    separator: options.spaceAfterComma === true ? ', ' : ',',
    minimal: options.memorySize === 'needed',
    pseudo: options.pseudoOperations ?? gnu,
    absoluteRip: options.absoluteRip === true,
    signed: options.signedImmediates === true,
    ip: options.ip ?? 0,
    symbol: options.symbol,
  }
}

/** The style of no options. */
export const PLAIN: Style = styleOf({})
