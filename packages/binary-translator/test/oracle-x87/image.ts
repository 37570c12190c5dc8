/**
 * A record of the harness: the 108 bytes that FRSTOR reads and FNSAVE writes in their 32-bit protected format
 * (SDM vol. 1, figure 8-9), the bytes at the memory operand, the arithmetic flags, the instruction's index.
 */
export const RECORD_BYTES = 272
export const MEMORY_BYTES = 160
export const Offset = {
  control: 0,
  status: 4,
  tags: 8,
  registers: 28,
  memory: 108,
  flags: 268,
  instruction: 270,
} as const

/** Which bytes of a record an instruction determines; the pointers between tags and registers are the harness's own. */
export function isCompared(offset: number): boolean {
  if (offset < 12) return (offset & 3) < 2
  return offset >= Offset.registers && offset < Offset.flags + 1
}
