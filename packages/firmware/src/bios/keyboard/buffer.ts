import { Bda, BDA_BASE } from '../bda.ts'
import type { Context } from '../context.ts'

/** Where the ring of keystrokes lies: the data area says, and a guest may have moved it; nonsense means the usual place. */
function ring({ memory }: Context): { start: number; end: number } {
  const start = memory.read16(Bda.KEY_BUFFER_START)
  const end = memory.read16(Bda.KEY_BUFFER_END)
  return end > start + 2 ? { start, end } : { start: Bda.KEY_BUFFER - BDA_BASE, end: Bda.KEY_BUFFER - BDA_BASE + 32 }
}

function after(context: Context, offset: number): number {
  const { start, end } = ring(context)
  const next = offset + 2
  return next >= end || next < start ? start : next
}

/** Appends a keystroke: scan code in the high byte, character in the low one. False: there is no room. */
export function putKey(context: Context, key: number): boolean {
  const { memory } = context
  const tail = memory.read16(Bda.KEY_TAIL)
  const next = after(context, tail)
  if (next === memory.read16(Bda.KEY_HEAD)) return false
  memory.write16(BDA_BASE + tail, key)
  memory.write16(Bda.KEY_TAIL, next)
  return true
}

/** The oldest keystroke, -1 if there is none. */
export function peekKey({ memory }: Context): number {
  const head = memory.read16(Bda.KEY_HEAD)
  return head === memory.read16(Bda.KEY_TAIL) ? -1 : memory.read16(BDA_BASE + head)
}

export function dropKey(context: Context): void {
  const { memory } = context
  memory.write16(Bda.KEY_HEAD, after(context, memory.read16(Bda.KEY_HEAD)))
}

export function emptyKeys({ memory }: Context): void {
  memory.write16(Bda.KEY_HEAD, memory.read16(Bda.KEY_TAIL))
}
