/** Where everything is in a machine that runs cases, and the segments that cases find. Linear is physical. */

/** Addresses below 1 MiB. What lies below `Stacks` is laid out anew before each case. */
export const At = {
  GDT: 0x1000,
  IDT: 0x2000,
  LDT: 0x3000,
  /** The running task's; with an I/O permission bitmap of 8 KiB. */
  TSS: 0x4000,
  TSS2: 0x7000,
  TSS16: 0x7200,
  TSSDF: 0x7400,
  /** Code that has to be in the first 64 KiB: a case's `low` part. */
  LOW: 0x8000,
  STACKS: 0x9000,
  /** Tops of the stacks of rings 0 to 3, and of a second task. */
  STACK0: 0xb000,
  STACK1: 0xc000,
  STACK2: 0xd000,
  STACK3: 0xf000,
  STACKT: 0xe000,
  /** Page tables that `paging` and `pae` make. */
  PD: 0x1_0000,
  PT: 0x1_1000,
  /** For tables that a case makes itself. */
  PT2: 0x1_2000,
  PDPT: 0x1_8000,
  PAEPD: 0x1_9000,
  PAEPT: 0x1_d000,
  /** 8 KiB of zeros for each case. */
  DATA: 0x2_0000,
  /** Where the image is loaded: an address that no flags and no descriptor look like. */
  IMAGE: 0x50_0000,
  /** Each case has 64 KiB of its own from here on. */
  SLOTS: 0x100_0000,
} as const

export const slotBytes = 0x1_0000
export const slotOf = (index: number): number => At.SLOTS + index * slotBytes

/** Selectors of the GDT. */
export const Selector = {
  CODE0: 0x08,
  DATA0: 0x10,
  CODE3: 0x1b,
  DATA3: 0x23,
  TSSSEL: 0x28,
  LDTSEL: 0x30,
  CONFORMING: 0x38,
  READONLY: 0x43,
  ABSENT: 0x4b,
  EXECUTEONLY: 0x53,
  /** Not present: for descriptors that a case makes. */
  FREE: 0x58,
  /** 512 bytes at DATA. */
  SMALL: 0x60,
  TSS2SEL: 0x68,
  CODE1: 0x71,
  DATA1: 0x79,
  /** 16-bit code, base 0, 64 KiB. */
  CODE16: 0x80,
  /** 16-bit stack or data, base DATA, 64 KiB. */
  DATA16: 0x88,
  ABSENTCODE: 0x90,
  /** Expand-down, 32 and 16 bits: valid above 0FFFH. */
  DOWN32: 0x98,
  DOWN16: 0xa0,
  CODE2: 0xaa,
  DATA2: 0xb2,
  TSS16SEL: 0xb8,
  TSSDFSEL: 0xc0,
  CONFORMING3: 0xc8,
  /** More room: FREE2 to FREE2 + 0xF8. */
  FREE2: 0x100,
  /** For the recorder alone. */
  FLAT: 0x7eb,
} as const

/** Attributes of descriptors: access byte, and 0xC000 for 32 bits and 4 KiB granularity. */
export const access = (type: number, dpl = 0, more = 0): number => type | (dpl << 5) | 0x80 | more
const flat = 0xc000

/** The two words of a segment descriptor. */
export function descriptor(base: number, limit: number, attributes: number): [low: number, high: number] {
  const raw = attributes & 0x8000 ? limit >>> 12 : limit
  const low = ((raw & 0xffff) | (base << 16)) >>> 0
  const high = ((base >>> 16) & 0xff) | (attributes << 8) | (raw & 0xf_0000) | (base & 0xff00_0000)
  return [low, high >>> 0]
}

/** The two words of a gate. */
export function gate(selector: number, offset: number, type: number, dpl = 0, count = 0): [low: number, high: number] {
  const low = ((selector << 16) | (offset & 0xffff)) >>> 0
  return [low, ((offset & 0xffff_0000) | 0x8000 | (dpl << 13) | (type << 8) | count) >>> 0]
}

const all = 0xffff_ffff

/** The GDT that each case finds. */
export const segments: readonly (readonly [selector: number, base: number, limit: number, attributes: number])[] = [
  [Selector.CODE0, 0, all, access(0x1a, 0, flat)],
  [Selector.DATA0, 0, all, access(0x12, 0, flat)],
  [Selector.CODE3, 0, all, access(0x1a, 3, flat)],
  [Selector.DATA3, 0, all, access(0x12, 3, flat)],
  [Selector.TSSSEL, At.TSS, 0x2068, access(9)],
  [Selector.LDTSEL, At.LDT, 0x7ff, access(2)],
  [Selector.CONFORMING, 0, all, access(0x1e, 0, flat)],
  [Selector.READONLY, 0, all, access(0x10, 3, flat)],
  [Selector.ABSENT, 0, all, access(0x12, 3, flat) & ~0x80],
  [Selector.EXECUTEONLY, 0, all, access(0x18, 3, flat)],
  [Selector.SMALL, At.DATA, 0x1ff, access(0x12, 0, 0x4000)],
  [Selector.TSS2SEL, At.TSS2, 0x67, access(9)],
  [Selector.CODE1, 0, all, access(0x1a, 1, flat)],
  [Selector.DATA1, 0, all, access(0x12, 1, flat)],
  [Selector.CODE16, 0, 0xffff, access(0x1a)],
  [Selector.DATA16, At.DATA, 0xffff, access(0x12)],
  [Selector.ABSENTCODE, 0, all, access(0x1a, 0, flat) & ~0x80],
  [Selector.DOWN32, At.DATA, 0xfff, access(0x16, 0, 0x4000)],
  [Selector.DOWN16, At.DATA, 0xfff, access(0x16)],
  [Selector.CODE2, 0, all, access(0x1a, 2, flat)],
  [Selector.DATA2, 0, all, access(0x12, 2, flat)],
  [Selector.TSS16SEL, At.TSS16, 0x2b, access(1)],
  [Selector.TSSDFSEL, At.TSSDF, 0x67, access(9)],
  [Selector.CONFORMING3, 0, all, access(0x1e, 3, flat)],
  [Selector.FLAT, 0, all, access(0x13, 3, flat)],
]
