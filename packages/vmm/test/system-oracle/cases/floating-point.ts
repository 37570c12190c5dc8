import { At } from '../layout.ts'
import { each, setControl, toRing } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const combinations = [0, 2, 4, 6, 8, 10, 12, 14]
const instructions: readonly (readonly [name: string, code: string])[] = [
  ['FLD1', 'fld1'],
  ['FWAIT', 'fwait'],
  ['EMMS', 'emms'],
  ['MOVUPS', 'movups0 [DATA]'],
  ['FXSAVE', 'fxsave [DATA]'],
  ['LDMXCSR', 'mov dword [DATA], 0x1f80; ldmxcsr [DATA]'],
]

const availability: readonly SystemCase[] = combinations.map((bits) => ({
  name: `CR0.MP, EM, TS = ${bits.toString(16)}h`,
  code: `${setControl('cr4', 0x200)} mov eax, ${0x11 | bits}; mov cr0, eax; ${each(instructions.map(([, code]) => code))}`,
}))

const divide = 'fninit; mov dword [DATA], 0x360; fldcw [DATA]; fld1; fldz; fdivp'

const errors: readonly SystemCase[] = [
  {
    name: 'CR0.NE: #MF at the next instruction that waits',
    code: `mov eax, 0x31; mov cr0, eax; ${divide}; nop; fnstsw [DATA+4]; mov ecx, [DATA+4]; int 0x21; fwait`,
  },
  {
    name: 'CR0.NE: #MF by FLD1, not by FNINIT',
    code: `mov eax, 0x31; mov cr0, eax; ${divide}; mov dword [RESUME], out; fld1
      out: fninit; fwait; fnstsw [DATA+4]; mov ecx, [DATA+4]; int 0x21`,
  },
  {
    name: 'CR0.NE: #NM goes before #MF',
    code: `mov eax, 0x31; mov cr0, eax; ${divide}; mov eax, 0x3b; mov cr0, eax; fwait`,
  },
  {
    name: 'CR0.NE clear: nothing inside the processor',
    code: `mov eax, 0x11; mov cr0, eax; ${divide}; fnstsw [DATA+4]; mov ecx, [DATA+4]; int 0x21`,
  },
  {
    name: 'FNSTENV masks all and keeps what is pending',
    code: `mov eax, 0x31; mov cr0, eax; ${divide}; fnstenv [DATA+64]; fwait; fnstcw [DATA+4]; mov ecx, [DATA+4]; int 0x21`,
    shows: [{ address: At.DATA + 64, words: 3 }],
  },
  {
    name: 'FLDCW unmasks what is pending',
    code: `mov eax, 0x31; mov cr0, eax; fninit; fld1; fldz; fdivp; mov dword [DATA], 0x37b; fldcw [DATA]; nop; fwait`,
  },
]

const vectors: readonly SystemCase[] = [
  {
    name: 'SSE without CR4.OSFXSR',
    code: each(['movups0 [DATA]', 'mov dword [DATA], 0x1f80; ldmxcsr [DATA]', 'fxsave [DATA]']),
  },
  {
    name: 'SSE: a misaligned operand',
    code:
      setControl('cr4', 0x200) +
      each(['movaps0 [DATA+8]', 'storeaps0 [DATA+4]', 'movups0 [DATA+8]', 'fxsave [DATA+8]', 'fxrstor [DATA+8]']),
  },
  {
    name: 'SSE: reserved bits of MXCSR',
    code:
      setControl('cr4', 0x200) +
      each([
        'mov dword [DATA], 0x11f80; ldmxcsr [DATA]',
        'mov dword [DATA], 0x80001f80; ldmxcsr [DATA]',
        'fxsave [DATA]; mov dword [DATA+24], 0x10000; fxrstor [DATA]',
      ]),
  },
  {
    name: 'SSE: an exception that is not masked, with and without CR4.OSXMMEXCPT',
    code: `${setControl('cr4', 0x600)} mov dword [DATA], 0x1d00; ldmxcsr [DATA]; mov dword [DATA+16], 0x3f800000; movups0 [DATA+16]
      ${each(['db 0x0f, 0x57, 0xc9, 0x0f, 0x5e, 0xc1'])} stmxcsr [DATA]; mov ecx, [DATA]; int 0x21
      mov eax, 0x200; mov cr4, eax; ${each(['db 0x0f, 0x57, 0xc9, 0x0f, 0x5e, 0xc1']).replaceAll('next', 'then')}`,
  },
  {
    name: 'SSE in ring 3',
    code: `${setControl('cr4', 0x200)} ${toRing(3)} movaps0 [DATA+4]`,
  },
]

export const floatingPoint: Feature = {
  name: 'floating-point-exceptions',
  title: '#NM, #MF, #XM, #UD and alignment of x87, MMX and SSE',
  cases: [...availability, ...errors, ...vectors],
}

const enter = `mov ecx, 0x174; mov edx, 0; mov eax, CODE0; wrmsr; mov ecx, 0x175; mov eax, STACK0; wrmsr; mov ecx, 0x176; mov eax, kernel; wrmsr\n`

const fast: readonly SystemCase[] = [
  {
    name: 'SYSENTER',
    // CS 08 makes SS 10: CODE0 and DATA0 are as SYSENTER wants them.
    code: `${enter} ${toRing(3, 0x202)} sysenter; kernel: mov eax, cs; mov ecx, ss; mov ebx, esp; pushfd; pop edx; int 0x21`,
  },
  { name: 'SYSENTER with a null selector', code: each(['sysenter']) },
  {
    name: 'SYSENTER in ring 0',
    code: `${enter} sysenter; kernel: mov eax, cs; int 0x21`,
  },
  {
    name: 'SYSEXIT',
    // CS 08 + 16 and + 24: 1B and 23 with RPL 3.
    code: `${enter} mov edx, user; mov ecx, STACK3-16; sysexit; kernel: nop; user: mov eax, cs; mov ebx, ss; mov ecx, esp; int 0x21`,
  },
  { name: 'SYSEXIT with a null selector', code: each(['mov edx, DATA; mov ecx, STACK3; sysexit']) },
]

export const fastCalls: Feature = { name: 'fast-calls', title: 'SYSENTER and SYSEXIT', cases: fast }
