/** Where things lie in the memory of a random program; linear addresses in 256 KiB of RAM. */
export const Map_ = {
  gdt: 0x1000,
  tss: 0x1800,
  idt: 0x2000,
  /** 16 bytes of handler per vector. */
  handlers: 0x3000,
  kernelStack: 0x6000,
  /** Three pages of code. */
  code: 0x8000,
  codeEnd: 0xb000,
  data: 0x1_0000,
  dataEnd: 0x1_b000,
  /** The same frame as the second page of code. */
  codeAlias: 0x1_b000,
  device: 0x1_c000,
  readOnly: 0x1_d000,
  absent: 0x1_e000,
  supervisor: 0x1_f000,
  ram: 0x4_0000,
} as const

export const Selector = {
  kernelCode: 0x08,
  kernelData: 0x10,
  userCode: 0x1b,
  userData: 0x23,
  tss: 0x28,
  code16: 0x30,
  data16: 0x38,
  expandDown: 0x40,
  readOnly: 0x48,
  conforming: 0x50,
  callGate: 0x5b,
  stack16: 0x60,
  userCode16: 0x6b,
  userData16: 0x73,
  small: 0x7b,
} as const

/** All selectors, for instructions that load segment registers. */
export const selectors: readonly number[] = [0, 3, 0x80, 0xfff8, ...Object.values(Selector)]
