import { LittleEndian } from './little-endian.ts'
import type { GuestWriter } from './memory/guest-writer.ts'
import { GDT_BASE } from './memory/layout.ts'
import type { EntryState, RegisterName, SegmentState } from './types.ts'

/** Selectors that the Linux boot protocol asks for: __BOOT_CS and __BOOT_DS. */
export const CODE_SELECTOR = 0x10
export const DATA_SELECTOR = 0x18
/** 64-bit code, for the step into long mode. */
export const CODE64_SELECTOR = 0x20

/** Present, ring 0, code, readable, accessed; 4 KiB granularity, 32-bit (SDM vol. 3, 3.4.5). */
const CODE32 = 0xc09b
/** Present, ring 0, data, writable, accessed; 4 KiB granularity, 32-bit. */
const DATA32 = 0xc093
/** Present, ring 0, code, readable, accessed; 4 KiB granularity, 64-bit. */
const CODE64 = 0xa09b

const FLAT_LIMIT = 0xffffffff
/** Protection enabled; ET is hardwired. */
const CR0_PE_ET = 0x11
const EFLAGS_RESERVED_ONE = 0x2
const GDT_BYTES = 0x28
/** Below the GDT: images set their own stack, but a debugger or an early exception finds one. */
const STACK_TOP = GDT_BASE

/** Writes the descriptor table and answers the flat protected-mode state that both boot protocols start from. */
export function flatEntryState(
  writer: GuestWriter,
  eip: number,
  registers: Partial<Record<RegisterName, number>>,
): EntryState {
  const gdt = new LittleEndian(GDT_BYTES)
  descriptor(gdt, CODE_SELECTOR, CODE32)
  descriptor(gdt, DATA_SELECTOR, DATA32)
  descriptor(gdt, CODE64_SELECTOR, CODE64)
  writer.write(GDT_BASE, gdt.bytes)
  const segment = (selector: number, attributes: number): SegmentState => ({
    selector,
    base: 0,
    limit: FLAT_LIMIT,
    attributes,
  })
  const data = segment(DATA_SELECTOR, DATA32)
  return {
    mode: 'protected32',
    eip,
    eflags: EFLAGS_RESERVED_ONE,
    registers: { eax: 0, ecx: 0, edx: 0, ebx: 0, esp: STACK_TOP, ebp: 0, esi: 0, edi: 0, ...registers },
    segments: { es: data, cs: segment(CODE_SELECTOR, CODE32), ss: data, ds: data, fs: data, gs: data },
    gdt: { base: GDT_BASE, limit: GDT_BYTES - 1 },
    idt: { base: 0, limit: 0 },
    cr0: CR0_PE_ET,
  }
}

function descriptor(gdt: LittleEndian, selector: number, attributes: number): void {
  gdt.u32(selector, 0x0000ffff)
  gdt.u32(selector + 4, ((attributes & 0xf000) << 8) | 0x000f0000 | ((attributes & 0xff) << 8))
}
