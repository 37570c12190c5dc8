import { type Assembler, Opcode } from './assembler.ts'

/** IA32_MTRR_DEF_TYPE: enabled, fixed ranges too, write-back by default (SDM vol. 3, 12.11.2.1). */
const DEFAULT_TYPE_MSR = 0x2ff
const ENABLED_WRITE_BACK = 0xc06
const ID_FLAG = 0x20_0000
const MTRR_FEATURE = 0x1000

/** Makes memory write-back where the processor has memory types: CPUID says so, and the ID flag that there is CPUID. */
export function layMemoryTypes(assembler: Assembler): void {
  // pushfd; pop eax; mov ecx,eax; xor eax,ID; push eax; popfd
  assembler.bytes(0x66, Opcode.PUSHF, 0x66, Opcode.POP_AX, 0x66, 0x89, 0xc1)
  assembler.bytes(0x66, 0x35).dword(ID_FLAG).bytes(0x66, Opcode.PUSH_AX, 0x66, Opcode.POPF)
  // pushfd; pop eax; xor eax,ecx; test eax,ID; jz
  assembler.bytes(0x66, Opcode.PUSHF, 0x66, Opcode.POP_AX, 0x66, 0x31, 0xc8)
  assembler.bytes(0x66, 0xa9).dword(ID_FLAG).short(Opcode.JZ_SHORT, 'memory-types-end')
  // mov eax,1; cpuid; test edx,MTRR; jz
  assembler.bytes(0x66, 0xb8).dword(1).bytes(0x0f, 0xa2)
  assembler.bytes(0x66, 0xf7, 0xc2).dword(MTRR_FEATURE).short(Opcode.JZ_SHORT, 'memory-types-end')
  // mov ecx,2FFh; mov eax,C06h; xor edx,edx; wrmsr
  assembler.bytes(0x66, 0xb9).dword(DEFAULT_TYPE_MSR).bytes(0x66, 0xb8).dword(ENABLED_WRITE_BACK)
  assembler.bytes(0x66, 0x31, 0xd2, 0x0f, 0x30)
  assembler.label('memory-types-end')
}
