// Instructions that change nothing: their operands need not even be there.
import { add, byte, modrm, word } from './form-builder.ts'

/** An opcode, with a prefix next to it, whose memory operand is never accessed. */
function hint(name: string, sizes: readonly number[], opcode: number, digit?: number, prefix?: number): void {
  const only = sizes === byte ? 'memory' : undefined
  add(
    name,
    sizes,
    (maker, size) => {
      const rest = modrm([0x0f, opcode], { ...(digit !== undefined && { digit }), ...(only && { only }) })(maker, size)
      // Anywhere at all, as far as the code allows.
      if (maker.random.chance(0.3)) for (let i = 0; i < 8; i++) maker.registers[i] = maker.state.bits()
      if (prefix) maker.prefixes.push(prefix)
      return rest
    },
    [false],
  )
}

export function addHints(): void {
  for (let digit = 0; digit < 4; digit++) hint(`prefetch (18 /${digit})`, byte, 0x18, digit)
  hint('prefetchit1', byte, 0x18, 6)
  hint('prefetchit0', byte, 0x18, 7)
  for (const digit of [0, 1, 3, 4]) hint(`prefetch (0d /${digit})`, byte, 0x0d, digit)
  hint('cldemote', byte, 0x1c, 0)
  for (const opcode of [0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f]) {
    // The first four of 18 are prefetches.
    hint(`reserved no-operation ${opcode.toString(16)}`, word, opcode, opcode === 0x18 ? 5 : 3)
  }
  hint('reserved no-operation 0d', word, 0x0d, 3)
  hint('nop r/m', word, 0x1f, 0)
  const codes = [
    ['pause', [0xf3, 0x90]],
    ['endbr64', [0xf3, 0x0f, 0x1e, 0xfa]],
    ['endbr32', [0xf3, 0x0f, 0x1e, 0xfb]],
    ['rdsspd without shadow stacks', [0xf3, 0x0f, 0x1e, 0xc8]],
    ['lfence', [0x0f, 0xae, 0xe8]],
    ['mfence', [0x0f, 0xae, 0xf0]],
    ['sfence', [0x0f, 0xae, 0xf8]],
  ] as const
  for (const [name, code] of codes)
    add(name, name === 'pause' || name.startsWith('endbr') ? word : [4], () => code, [false])
  // CLFLUSH does look at its operand.
  add('clflush', byte, modrm([0x0f, 0xae], { digit: 7, only: 'memory' }), [false])
}
