import { type Assembler, Opcode } from './assembler.ts'

/** PM1a control of the PIIX4: SLP_EN with sleep type 0, soft off. */
const PM1A_CONTROL = 0x604
const SOFT_OFF = 0x2000
const APM_OFF_STATE = 3

/**
 * Entry of the APM interface in protected mode (APM 1.2, section 4.6.3): the same instructions, laid for 16- and 32-bit code. It knows CPU idle
 * (AL=05h), power off (AL=07h, CX=3) and "no events" (AL=0Bh); all else succeeds and does nothing.
 */
export function layApm(assembler: Assembler): void {
  for (const bits of [16, 32] as const) layApmEntry(assembler, bits)
}

function layApmEntry(assembler: Assembler, bits: 16 | 32): void {
  const wide = bits === 32 ? [0x66] : []
  const label = (name: string): string => `apm${bits}-${name}`
  assembler.align(4).label(`apm${bits}`)
  // cmp al,7; jnz; cmp cx,3; jnz; push dx; mov dx,PM1A_CONTROL; mov ax,SOFT_OFF; out dx,ax
  assembler.bytes(0x3c, 0x07).short(Opcode.JNZ_SHORT, label('idle'))
  assembler.bytes(...wide, 0x83, 0xf9, APM_OFF_STATE).short(Opcode.JNZ_SHORT, label('done'))
  assembler.bytes(...wide, 0xba).word(PM1A_CONTROL)
  assembler.bytes(...wide, 0xb8).word(SOFT_OFF)
  assembler.bytes(...wide, Opcode.OUT_DX_AX)
  // cmp al,5; jnz; sti; hlt
  assembler.label(label('idle')).bytes(0x3c, 0x05).short(Opcode.JNZ_SHORT, label('event'))
  assembler.bytes(Opcode.STI, Opcode.HLT)
  // cmp al,0Bh; jnz; mov ah,80h; stc; retf
  assembler.label(label('event')).bytes(0x3c, 0x0b).short(Opcode.JNZ_SHORT, label('done'))
  assembler.bytes(Opcode.MOV_AH_IMM, 0x80, Opcode.STC, Opcode.RETF)
  assembler.label(label('done')).bytes(Opcode.MOV_AH_IMM, 0, Opcode.CLC, Opcode.RETF)
}
