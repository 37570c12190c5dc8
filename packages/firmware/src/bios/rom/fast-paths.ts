import { type Assembler, Opcode } from './assembler.ts'

const BDA_SEGMENT = 0x40
/** Offsets in the data area. */
const Data = { KEY_HEAD: 0x1a, KEY_TAIL: 0x1c, TICKS_LOW: 0x6c, TICKS_HIGH: 0x6e, MIDNIGHT: 0x70 } as const
/** Of FLAGS in an interrupt's frame, once BP has been pushed on it and holds SP. */
const FRAME_FLAGS = 6
const CARRY_OFF = 0xfe
const ZERO_ON = 0x40

/** Calls that programs make in loops while they wait, answered without leaving the guest. All others go on to the trap behind. */
export function layFastPath(assembler: Assembler, vector: number): void {
  if (vector === 0x16) layKeyPeek(assembler)
  if (vector === 0x1a) layTicks(assembler)
}

/** AH=01h, 11h while no key waits: ZF, and nothing else. */
function layKeyPeek(assembler: Assembler): void {
  // cmp ah,1; jz; cmp ah,11h; jnz
  assembler.bytes(0x80, 0xfc, 0x01).short(Opcode.JZ_SHORT, 'peek').bytes(0x80, 0xfc, 0x11)
  assembler.short(Opcode.JNZ_SHORT, 'peek-slow')
  assembler.label('peek').bytes(Opcode.PUSH_DS, Opcode.PUSH_BX)
  // mov bx,40h; mov ds,bx; mov bx,[1Ah]; cmp bx,[1Ch]; pop bx; pop ds
  assembler.bytes(0xbb).word(BDA_SEGMENT).bytes(0x8e, 0xdb)
  assembler.bytes(0x8b, 0x1e).word(Data.KEY_HEAD).bytes(0x3b, 0x1e).word(Data.KEY_TAIL)
  assembler.bytes(Opcode.POP_BX, Opcode.POP_DS).short(Opcode.JNZ_SHORT, 'peek-slow')
  // or byte [bp+6],40h
  layFrameChange(assembler, [0x80, 0x4e, FRAME_FLAGS, ZERO_ON])
  assembler.label('peek-slow')
}

/** AH=00h of INT 1Ah: the ticks, and whether midnight has passed. */
function layTicks(assembler: Assembler): void {
  // test ah,ah; jnz; push ds; mov ax,40h; mov ds,ax
  assembler.bytes(0x84, 0xe4).short(Opcode.JNZ_SHORT, 'ticks-slow')
  assembler.bytes(Opcode.PUSH_DS, 0xb8).word(BDA_SEGMENT).bytes(0x8e, 0xd8)
  // mov dx,[6Ch]; mov cx,[6Eh]; xor ax,ax; xchg al,[70h]; pop ds
  assembler.bytes(0x8b, 0x16).word(Data.TICKS_LOW).bytes(0x8b, 0x0e).word(Data.TICKS_HIGH)
  assembler.bytes(0x31, 0xc0, 0x86, 0x06).word(Data.MIDNIGHT).bytes(Opcode.POP_DS)
  // and byte [bp+6],0FEh
  layFrameChange(assembler, [0x80, 0x66, FRAME_FLAGS, CARRY_OFF])
  assembler.label('ticks-slow')
}

/** Changes the flags that the caller gets, and returns to it. */
function layFrameChange(assembler: Assembler, change: readonly number[]): void {
  assembler.bytes(Opcode.PUSH_BP, 0x89, 0xe5, ...change, Opcode.POP_BP, Opcode.IRET)
}
