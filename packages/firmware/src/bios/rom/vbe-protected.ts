import { type Assembler, Opcode } from './assembler.ts'

/** The Bochs extensions, as `video/vbe-registers.ts` names them. */
const INDEX_PORT = 0x1ce
const Dispi = { BPP: 3, BANK: 5, VIRT_WIDTH: 6, X_OFFSET: 8, Y_OFFSET: 9 } as const
const DAC_WRITE = 0x3c8
const DONE = 0x4f
const PORTS: readonly number[] = [0x1ce, 0x1cf, 0x1d0, 0x3c8, 0x3c9]
const END = 0xffff
const PUSHAD = 0x60
const POPAD = 0x61
const WIDE = 0x66

/** MOV DX, imm16 and MOV AX, imm16 in 32-bit code. */
const movDx = (value: number): number[] => [WIDE, 0xba, value & 0xff, value >> 8]
const movAx = (value: number): number[] => [WIDE, 0xb8, value & 0xff, value >> 8]
/** Selects a register; DX is then the data port: mov dx,1CEh; mov ax,index; out dx,ax; inc dx. */
const select = (index: number): number[] => [...movDx(INDEX_PORT), ...movAx(index), WIDE, 0xef, WIDE, 0x42]
/** in ax,dx; movzx eax,ax. */
const READ = [WIDE, 0xed, 0x0f, 0xb7, 0xc0]
const OUT_AX = [WIDE, 0xef]

/**
 * The table of INT 10h, AX=4F0Ah: 32-bit code, wherever it is copied, that sets the window, the first pixel shown, and colours (VBE 3.0, section 4.13).
 * Its functions are called with the registers of AL=05h, 07h and 09h; all but AX stay.
 */
export function layVbeProtected(assembler: Assembler): void {
  const parts = [windowCode(), startCode(), paletteCode(), portList()]
  assembler.align(4).label('vbe-protected')
  let at = 2 * parts.length
  for (const part of parts) {
    assembler.word(at)
    at += part.length
  }
  for (const part of parts) assembler.bytes(...part)
  assembler.label('vbe-protected-end')
}

const finish = (): number[] => [POPAD, ...movAx(DONE), Opcode.RET]

/** DX: the bank. */
function windowCode(): number[] {
  // movzx ecx,dx; ...; mov ax,cx; out dx,ax
  return [PUSHAD, 0x0f, 0xb7, 0xca, ...select(Dispi.BANK), WIDE, 0x89, 0xc8, ...OUT_AX, ...finish()]
}

/** DX:CX: the first byte shown, in double words. */
function startCode(): number[] {
  // movzx ecx,cx; shl edx,16; or ecx,edx; shl ecx,2
  const address = [0x0f, 0xb7, 0xc9, 0xc1, 0xe2, 0x10, 0x09, 0xd1, 0xc1, 0xe1, 0x02]
  // ebx = bytes of a pixel: (bits + 7) >> 3
  const pixel = [...select(Dispi.BPP), ...READ, 0x83, 0xc0, 0x07, 0xc1, 0xe8, 0x03, 0x89, 0xc3]
  // eax = line * ebx; xchg eax,ecx; xor edx,edx: the address over the bytes of a line
  const line = [...select(Dispi.VIRT_WIDTH), ...READ, 0x0f, 0xaf, 0xc3, 0x91, 0x31, 0xd2]
  // div ecx; mov ecx,eax (line); mov eax,edx; xor edx,edx; div ebx; mov ebx,eax (pixel)
  const divide = [0xf7, 0xf1, 0x89, 0xc1, 0x89, 0xd0, 0x31, 0xd2, 0xf7, 0xf3, 0x89, 0xc3]
  // mov ax,bx; out; mov ax,cx; out
  const write = [
    ...[...select(Dispi.X_OFFSET), WIDE, 0x89, 0xd8, ...OUT_AX],
    ...[...select(Dispi.Y_OFFSET), WIDE, 0x89, 0xc8, ...OUT_AX],
  ]
  // test ecx,ecx; jz: no mode is set
  const rest = [...divide, ...write]
  return [PUSHAD, ...address, ...pixel, ...line, 0x85, 0xc9, Opcode.JZ_SHORT, rest.length, ...rest, ...finish()]
}

/** CX colours from DX on, at ES:EDI, as blue, green, red and nothing. */
function paletteCode(): number[] {
  // mov al,es:[edi+2]; out dx,al; mov al,es:[edi+1]; out dx,al; mov al,es:[edi]; out dx,al; add edi,4; loop
  const color = [0x26, 0x8a, 0x47, 0x02, 0xee, 0x26, 0x8a, 0x47, 0x01, 0xee, 0x26, 0x8a, 0x07, 0xee, 0x83, 0xc7, 0x04]
  const loop = [...color, 0xe2, (-color.length - 2) & 0xff]
  // movzx ecx,cx; mov al,dl; mov dx,3C8h; out dx,al; inc dx; jecxz
  const first = [PUSHAD, 0x0f, 0xb7, 0xc9, 0x88, 0xd0, ...movDx(DAC_WRITE), 0xee, WIDE, 0x42, 0xe3, loop.length]
  return [...first, ...loop, ...finish()]
}

/** Ports that the code uses; it uses no memory. */
function portList(): number[] {
  return [...PORTS, END, END].flatMap((port) => [port & 0xff, port >> 8])
}
