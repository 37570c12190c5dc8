import { type Assembler, Opcode } from './assembler.ts'

export const PROTECTED_MODE_LABEL = 'protected-mode'
/** Selectors of the caller's table (IBM PC AT Technical Reference, INT 15h AH=89h). */
const Selector = { DS: 0x18, ES: 0x20, SS: 0x28, CS: 0x30, BIOS_CODE: 0x38 } as const

/** The end of INT 15h, AH=89h: from real mode, with the table at ES:SI, to the caller's segments behind its INT. */
export function layProtectedMode(assembler: Assembler): void {
  assembler.label(PROTECTED_MODE_LABEL).bytes(Opcode.CLI)
  // lgdt [es:si+08h]; lidt [es:si+10h]; smsw ax; or al,1; lmsw ax
  assembler.bytes(0x26, 0x0f, 0x01, 0x54, 0x08, 0x26, 0x0f, 0x01, 0x5c, 0x10)
  assembler.bytes(0x0f, 0x01, 0xe0, 0x0c, 0x01, 0x0f, 0x01, 0xf0)
  assembler.bytes(Opcode.JMP_FAR).wordOf('protected-mode-entered').word(Selector.BIOS_CODE)
  assembler.label('protected-mode-entered')
  // mov ax,DS; mov ds,ax; mov ax,ES; mov es,ax; mov ax,SS; mov ss,ax
  assembler.bytes(0xb8).word(Selector.DS).bytes(0x8e, 0xd8)
  assembler.bytes(0xb8).word(Selector.ES).bytes(0x8e, 0xc0)
  assembler.bytes(0xb8).word(Selector.SS).bytes(0x8e, 0xd0)
  // pop bp: where the caller goes on; add sp,4: its CS and flags.
  assembler.bytes(Opcode.POP_BP, 0x83, 0xc4, 0x04)
  // push CS; push bp; xor ax,ax, which clears CF; retf
  assembler.bytes(0x6a, Selector.CS, Opcode.PUSH_BP, 0x31, 0xc0, Opcode.RETF)
}
