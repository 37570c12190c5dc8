import { assemble } from '../system-oracle/assembler/assembler.ts'
import { descriptor, gate } from '../system-oracle/layout.ts'

/** The monitor's memory, above the guest's. */
export const Place = {
  gdt: 0x1e_0000,
  ldt: 0x1e_0400,
  idt: 0x1e_0800,
  stubs: 0x1e_1000,
  task: 0x1e_2000,
  boot: 0x1e_2800,
  stack: 0x1e_4000,
} as const
export const ramBytes = 0x20_0000

/** The monitor's own descriptors follow those that it mirrors. */
export const Selector = {
  code: 0x100,
  data: 0x108,
  task: 0x110,
  ldt: 0x118,
  guestCode: 0x121,
  guestData: 0x129,
} as const
const mirrored = 32
/** The guest's segments end below the monitor, which has no paging to hide behind. */
const lastGuestByte = Place.gdt - 1
const stubBytes = 8
const withErrorCode: ReadonlySet<number> = new Set([8, 10, 11, 12, 13, 14, 17])

export const hasErrorCode = (vector: number): boolean => withErrorCode.has(vector)
/** The vector whose stub has stopped after its HLT at `eip`. */
export const vectorAt = (eip: number): number => (eip - 1 - Place.stubs) / stubBytes

/** Every vector's stub stops the processor for the monitor, and returns to the guest when that goes on. */
function stub(vector: number): number[] {
  const code = hasErrorCode(vector) ? [0xf4, 0x83, 0xc4, 0x04, 0xcf] : [0xf4, 0xcf]
  return [...code, ...new Array<number>(stubBytes - code.length).fill(0x90)]
}

/** Loads the monitor's tables, and enters the guest's kernel in ring 1 with interrupts on, as a monitor's guests always run. */
const bootSource = (entry: number): string => `
  lgdt [gdtr]; lidt [idtr]
  mov eax, ${Selector.task}; ltr ax; mov eax, ${Selector.ldt}; lldt ax
  mov eax, ${Selector.guestData}; mov ds, ax; mov es, ax
  push ${Selector.guestData}; push 0x9f000; push 0x202; push ${Selector.guestCode}; push ${entry}; iretd
gdtr: dw ${Selector.guestData | 7}; dd ${Place.gdt}
idtr: dw 0x7ff; dd ${Place.idt}
`

const put = (view: DataView, at: number, [low, high]: readonly [number, number]): void => {
  view.setUint32(at, low, true)
  view.setUint32(at + 4, high, true)
}

/** Lays the monitor out in memory. */
export function layOut(view: DataView, entry: number): void {
  const own: readonly (readonly [number, readonly [number, number]])[] = [
    [Selector.code, descriptor(0, 0xffff_ffff, 0xc09b)],
    [Selector.data, descriptor(0, 0xffff_ffff, 0xc093)],
    [Selector.task, descriptor(Place.task, 0x67, 0x0089)],
    [Selector.ldt, descriptor(Place.ldt, 0x1ff, 0x0082)],
    [Selector.guestCode, descriptor(0, lastGuestByte, 0xc0bb)],
    [Selector.guestData, descriptor(0, lastGuestByte, 0xc0b3)],
  ]
  for (const [selector, words] of own) put(view, Place.gdt + (selector & ~7), words)
  view.setUint32(Place.task + 4, Place.stack, true)
  view.setUint32(Place.task + 8, Selector.data, true)
  view.setUint16(Place.task + 0x66, 0x68, true)
  for (let vector = 0; vector < 256; vector++) {
    put(view, Place.idt + vector * 8, gate(Selector.code, Place.stubs + vector * stubBytes, 14))
    stub(vector).forEach((byte, index) => view.setUint8(Place.stubs + vector * stubBytes + index, byte))
  }
  const boot = assemble(bootSource(entry), { origin: Place.boot }).bytes
  boot.forEach((byte, index) => view.setUint8(Place.boot + index, byte))
}

/** Ring compression: the guest's segments of ring 0 become ones of ring 1 that end below the monitor. */
export function mirrorDescriptors(view: DataView, from: number, limit: number, to: number): void {
  for (let index = 0; index < mirrored; index++) {
    const inside = index * 8 + 7 <= limit
    const low = inside ? view.getUint32(from + index * 8, true) : 0
    const high = inside ? view.getUint32(from + index * 8 + 4, true) : 0
    const segment = (high & 0x1000) !== 0
    put(view, to + index * 8, segment ? compressed(low, high) : [0, 0])
  }
}

function compressed(low: number, high: number): [number, number] {
  const pages = (high & 0x80_0000) !== 0
  const limit = (low & 0xffff) | (high & 0xf_0000)
  const cut = pages ? Math.min(limit, lastGuestByte >>> 12) : limit
  const ring = Math.max((high >>> 13) & 3, 1)
  return [((low & 0xffff_0000) | (cut & 0xffff)) >>> 0, ((high & ~0xf_6000) | (cut & 0xf_0000) | (ring << 13)) >>> 0]
}

/** Gates for INT n (vectors from 32 on) lead to the guest's handlers at once; exceptions are the monitor's. */
export function mirrorGates(view: DataView, from: number, limit: number): void {
  for (let vector = 32; vector < 256 && vector * 8 + 7 <= limit; vector++) {
    const low = view.getUint32(from + vector * 8, true)
    const high = view.getUint32(from + vector * 8 + 4, true)
    if ((high & 0x8000) === 0) continue
    const ring = Math.max((high >>> 13) & 3, 1)
    put(view, Place.idt + vector * 8, [low, ((high & ~0x6000) | (ring << 13)) >>> 0])
  }
}
