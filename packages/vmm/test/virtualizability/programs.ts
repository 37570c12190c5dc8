import { assemble } from '../system-oracle/assembler/assembler.ts'
import { descriptor, gate } from '../system-oracle/layout.ts'

/** Where Multiboot puts the image; the code follows the header. */
export const imageAddress = 0x10_0000
const headerBytes = 32

/** A tiny kernel that sees something of its machine, and says what by the debug exit port. */
export interface Program {
  /** The instruction in question, by the name that docs/virtualizability.md has for it. */
  readonly instruction: string
  /** What the number is that the kernel ends with. */
  readonly sees: string
  /** The answer of a machine of its own, in ring 0, by SDM vol. 2. */
  readonly native: number
  /** Leaves the answer in EAX; `it` labels the instruction. A general protection fault answers 13. */
  readonly source: string
}

/** The kernel's segments, and selectors that ask for them at ring 1. */
const constants = {
  ...{ CODE: 0x08, DATA: 0x10, TASK: 0x18, LOCAL: 0x20, CODE_BY_RING1: 0x09, DATA_BY_RING1: 0x11 },
  ...{ IOPL3: 0x3002, STACK: 0x9_0000 },
} as const

const words = (pairs: readonly (readonly [number, number])[]): string => `dd ${pairs.flat().join(', ')}\n`
const pad = (count: number): string => `dd ${new Array<number>(count * 2).fill(0).join(', ')}\n`

/** What every program has around its body: tables of its own, a handler, the end. */
const kernel = (body: string): string => `
  lgdt [gdtr]
  jmp CODE:flush
flush:
  mov eax, DATA
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov esp, STACK
  mov word [gates+104], fault
  mov word [gates+110], high fault
  mov word [gates+512], caller
  mov word [gates+518], high caller
  lidt [idtr]
  ${body}
finish:
  mov edx, 0xf4
  out dx, eax
  hlt
fault:
  mov eax, 13
  jmp near finish
caller:
  mov eax, [esp+4]
  and eax, 0xffff
  jmp near finish
gdtr: dw 39; dd gdt
idtr: dw 519; dd gates
far_pointer: dd 0; dw DATA_BY_RING1
scratch: dd 0, 0, 0, 0, 0, 0, 0, 0
gdt: ${words([[0, 0], descriptor(0, 0xffff_ffff, 0xc09b), descriptor(0, 0xffff_ffff, 0xc093)])}
     dw 0x67, 0x8000; dd 0x00008909
     ${words([descriptor(0x8100, 0x17, 0x0082)])}
gates: ${pad(13)} ${words([gate(constants.CODE, 0, 14)])} ${pad(50)} ${words([gate(constants.CODE, 0, 14)])}
`

const selectorOf = (register: string): string => `it: mov eax, ${register}; and eax, 0xffff`

/** Instructions that are sensitive and do not trap. */
export const silent: readonly Program[] = [
  {
    instruction: 'SGDT',
    sees: 'where SGDT says that the GDT is, from where it is',
    native: 0,
    source: 'it: sgdt [scratch]; mov eax, [scratch+2]; sub eax, gdt',
  },
  {
    instruction: 'SIDT',
    sees: 'where SIDT says that the IDT is, from where it is',
    native: 0,
    source: 'it: sidt [scratch]; mov eax, [scratch+2]; sub eax, gates',
  },
  {
    instruction: 'SLDT',
    sees: 'the selector that LLDT loaded',
    native: 0x20,
    source: 'mov eax, LOCAL; lldt ax; it: sldt eax; and eax, 0xffff',
  },
  {
    instruction: 'STR',
    sees: 'the selector that LTR loaded',
    native: 0x18,
    source: 'mov eax, TASK; ltr ax; it: str eax; and eax, 0xffff',
  },
  {
    instruction: 'SMSW',
    sees: 'CR0.TS, which was set',
    native: 8,
    source: 'mov eax, cr0; or eax, 8; mov cr0, eax; it: smsw eax; and eax, 8',
  },
  { instruction: 'PUSHF', sees: 'IF after CLI', native: 0, source: 'cli; it: pushfd; pop eax; and eax, 0x200' },
  {
    instruction: 'POPF',
    sees: 'IOPL after 3 was popped',
    native: 0x3000,
    source: 'push IOPL3; it: popfd; pushfd; pop eax; and eax, 0x3000',
  },
  {
    instruction: 'IRET',
    sees: 'IOPL after a return with 3',
    native: 0x3000,
    source: 'push IOPL3; push cs; push next; it: iretd; next: pushfd; pop eax; and eax, 0x3000',
  },
  {
    instruction: 'LAR',
    sees: 'DPL of its own code segment',
    native: 0,
    source: 'mov ecx, CODE; it: lar eax, ecx; and eax, 0x6000',
  },
  {
    instruction: 'LSL',
    sees: 'the last page of its data segment',
    native: 0xfffff,
    source: 'mov ecx, DATA; it: lsl eax, ecx; shr eax, 12',
  },
  {
    instruction: 'VERR',
    sees: 'whether ring 1 may read its data',
    native: 0,
    source: 'mov ecx, DATA_BY_RING1; mov eax, 0; it: verr cx; jnz near finish; inc eax',
  },
  {
    instruction: 'VERW',
    sees: 'whether ring 1 may write its data',
    native: 0,
    source: 'mov ecx, DATA_BY_RING1; mov eax, 0; it: verw cx; jnz near finish; inc eax',
  },
  { instruction: 'PUSH of a segment register', sees: 'CS', native: 8, source: 'it: push cs; pop eax; and eax, 0xffff' },
  {
    instruction: 'POP of a segment register',
    sees: 'the fault of DS by ring 1',
    native: 13,
    source: 'push DATA_BY_RING1; it: pop ds; mov eax, 0',
  },
  { instruction: 'MOV of a segment register', sees: 'CS', native: 8, source: selectorOf('cs') },
  {
    instruction: 'LES',
    sees: 'the fault of ES by ring 1',
    native: 13,
    source: 'it: les ecx, [far_pointer]; mov eax, 0',
  },
  {
    instruction: 'far CALL',
    sees: 'CS that it pushed',
    native: 8,
    source: 'it: call CODE:next; next: mov eax, [esp+4]; and eax, 0xffff',
  },
  {
    instruction: 'far JMP',
    sees: 'the fault of a jump by ring 1',
    native: 13,
    source: 'it: jmp CODE_BY_RING1:next; next: mov eax, 0',
  },
  {
    instruction: 'far RET',
    sees: 'the fault of a return to ring 1',
    native: 13,
    source: 'push CODE_BY_RING1; push next; it: retf; next: mov eax, 0',
  },
  { instruction: 'INT n', sees: 'CS that it pushed', native: 8, source: 'it: int 0x40' },
  {
    instruction: 'FNSTENV',
    sees: 'CS of FLD1',
    native: 8,
    source: 'fninit; fld1; it: fnstenv [scratch]; mov eax, [scratch+16]; and eax, 0xffff',
  },
]

const setTaskSwitched = 'mov eax, cr0; or eax, 8; mov cr0, eax'

/** Sensitive ones that trap: the monitor emulates them, so that it is no straw man. */
export const trapping: readonly Program[] = [
  {
    instruction: 'MOV of a control register',
    sees: 'CR0.TS, which was set',
    native: 8,
    source: `${setTaskSwitched}; it: mov eax, cr0; and eax, 8`,
  },
  {
    instruction: 'CLTS',
    sees: 'CR0.TS after it',
    native: 0,
    source: `${setTaskSwitched}; it: clts; mov eax, cr0; and eax, 8`,
  },
  {
    instruction: 'LMSW',
    sees: 'CR0.TS after it',
    native: 8,
    source: 'mov eax, cr0; or eax, 8; it: lmsw ax; mov eax, cr0; and eax, 8',
  },
  {
    instruction: 'WRMSR',
    sees: 'IA32_SYSENTER_ESP',
    native: 0x1234,
    source: 'mov ecx, 0x175; mov edx, 0; mov eax, 0x1234; it: wrmsr; mov eax, 0; rdmsr',
  },
  {
    instruction: 'LGDT',
    sees: 'that its segments work',
    native: 1,
    source: 'it: lgdt [gdtr]; mov eax, DATA; mov ds, ax; mov ss, ax; push 1; pop eax',
  },
  {
    instruction: 'LIDT',
    sees: 'the fault of a selector beyond the GDT',
    native: 13,
    source: 'it: lidt [idtr]; mov eax, 0x80; mov ds, ax; mov eax, 0',
  },
  {
    instruction: 'IN',
    sees: 'that a handler runs with the CS it knows',
    native: 8,
    source:
      'it: in al, 0x61; mov word [gates+104], caller_of_fault; mov word [gates+110], high caller_of_fault; mov eax, 0x80; mov ds, ax\ncaller_of_fault: mov eax, [esp+8]; and eax, 0xffff',
  },
]

export interface Assembled {
  /** The Multiboot image. */
  readonly image: Uint8Array<ArrayBuffer>
  readonly entry: number
  /** Address of the instruction in question. */
  readonly it: number
}

const littleEndian = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** The image of a program. */
export function assembleProgram({ source }: Program): Assembled {
  const entry = imageAddress + headerBytes
  const { bytes, labels } = assemble(kernel(source), { origin: entry, symbols: constants })
  const magic = 0x1bad_b002
  const flags = 0x1_0000
  const end = entry + bytes.length
  const header = [magic, flags, -(magic + flags), imageAddress, imageAddress, end, end, entry]
  return { image: Uint8Array.from([...header.flatMap(littleEndian), ...bytes]), entry, it: labels.get('it')! }
}
