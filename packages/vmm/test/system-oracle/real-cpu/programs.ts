import { assemble } from '../assembler/assembler.ts'

/** A piece of user code for a real processor and for Mica. */
export interface Program {
  readonly name: string
  /** Of the page at EBX: 0 none, 1 read-only, 2 writable. */
  readonly protection: 0 | 1 | 2
  readonly code: readonly number[]
}

export const codeAt = 0x1000_0000
export const stackAt = 0x2000_0000
export const dataAt = 0x3000_0000

const program = (name: string, protection: 0 | 1 | 2, source: string): Program => ({
  name,
  protection,
  code: assemble(`${source}\nint3`, { origin: codeAt }).bytes,
})

const accesses: readonly (readonly [name: string, source: string])[] = [
  ['MOV from memory', 'mov eax, [ebx]'],
  ['MOV to memory', 'mov [ebx], eax'],
  ['ADD', 'add dword [ebx], 1'],
  ['LOCK ADD', 'lock add dword [ebx], 1'],
  ['CMP', 'cmp dword [ebx], 1'],
  ['TEST', 'test dword [ebx], 1'],
  ['CMPXCHG', 'cmpxchg [ebx], ecx'],
  ['CMPXCHG8B', 'cmpxchg8b [ebx]'],
  ['XCHG', 'xchg [ebx], ecx'],
  ['XADD', 'xadd [ebx], ecx'],
  ['NOT', 'not dword [ebx]'],
  ['INC', 'inc dword [ebx]'],
  ['SHL', 'shl dword [ebx], 0'],
  ['BTS', 'bts [ebx], eax'],
  ['SETC', 'setc [ebx]'],
  ['POP', 'push 5; pop dword [ebx]'],
  ['PUSH', 'push dword [ebx]'],
  ['BOUND', 'bound eax, [ebx]'],
  ['FNSTCW', 'fnstcw [ebx]'],
  ['LES', 'les eax, [ebx]'],
  ['MOVSB', 'mov esi, esp; mov edi, ebx; movsb'],
  ['RET far', 'mov esp, ebx; retf'],
]

const trap = 'pushfd; or dword [esp], 0x100; popfd; '
const steps: readonly (readonly [name: string, source: string])[] = [
  ['TF', 'nop; nop'],
  ['TF and MOV SS', 'mov eax, ss; mov ss, ax; mov eax, 0; nop'],
  ['TF and POP SS', 'push ss; pop ss; nop; nop'],
  ['TF and MOV SS twice', 'mov eax, ss; mov ss, ax; mov ss, ax; mov eax, 0; nop'],
  ['TF and LSS', 'mov [ebx], esp; mov [ebx+4], ss; lss esp, [ebx]; nop; nop'],
  ['TF and REP MOVSB', 'mov esi, ebx; mov edi, ebx; mov ecx, 2; rep movsb; nop'],
  ['TF and POPFD that clears it', 'push 2; popfd; nop; nop'],
  ['TF and an undefined opcode', 'nop; ud2'],
]

const small = 'mov eax, 7; mov ss, ax; '
const stacks: readonly (readonly [name: string, source: string])[] = [
  ['ENTER on a 16-bit stack', `${small} mov esp, 0x12340100; db 0xc8, 0x10, 0x00, 0x02`],
  ['LEAVE on a 16-bit stack', `${small} mov esp, 0x12340100; mov ebp, 0x56780200; db 0xc9`],
  ['PUSH and POP on a 16-bit stack', `${small} mov esp, 0x12340000; push 0x1234; mov ecx, esp; pop edx`],
  ['POP GS on a 16-bit stack', `${small} mov esp, 0x1234fffc; push 0; mov ecx, esp; pop gs; mov edx, esp`],
  [
    'POP GS of 16 bits on a 16-bit stack',
    `${small} mov esp, 0x1234fffe; mov ecx, 0; db 0x66, 0x0f, 0xa9; mov edx, esp`,
  ],
  [
    'CALL and RET on a 16-bit stack',
    `${small} mov esp, 0x12340002; call there; mov ecx, esp; jmp short over; there: mov edx, esp; ret; over: nop`,
  ],
  ['PUSHA and POPA on a 16-bit stack', `${small} mov esp, 0x12340100; pusha; mov ecx, esp; popa`],
]

const queries: readonly (readonly [name: string, source: string])[] = [
  ['LAR and LSL of the LDT', 'mov ecx, 7; lar eax, ecx; lsl edx, ecx; pushfd; pop ecx'],
  ['LAR and LSL beyond the LDT', 'mov ecx, 0xffff; lar eax, ecx; lsl edx, ecx; pushfd; pop ecx'],
  ['VERR and VERW of the LDT', 'mov eax, 7; verr ax; pushfd; pop ecx; verw ax; pushfd; pop edx'],
  ['ARPL', 'mov eax, 0x1230; mov ecx, 0x4562; arpl ax, cx; pushfd; pop edx'],
]

const exceptions: readonly (readonly [name: string, source: string])[] = [
  ['14 prefixes', `db ${'0x66, '.repeat(14)}0x90`],
  ['15 prefixes', `db ${'0x66, '.repeat(15)}0x90`],
  ['15 prefixes before an undefined opcode', `db ${'0x66, '.repeat(14)}0x0f, 0x0b`],
  ['LOCK CLI', 'db 0xf0, 0xfa'],
  ['LOCK before a register', 'db 0xf0, 0x01, 0xc0'],
  ['CLI', 'cli'],
  ['HLT', 'hlt'],
  ['MOV from CR0', 'mov eax, cr0'],
  ['MOV to CS', 'db 0x8e, 0xc8'],
  ['DIV by zero', 'mov ecx, 0; div ecx'],
  ['INTO', 'mov eax, 0x7fffffff; add eax, 1; into'],
  ['INT of a vector of the kernel', 'int 0x0d'],
  ['a null segment', 'mov eax, 0; mov gs, ax; mov eax, [gs:ebx]'],
  ['a selector of the kernel', 'mov eax, 0x10; mov ds, ax'],
  ['a selector beyond the LDT', 'mov eax, 0xfff7; mov gs, ax'],
]

/** What a real processor and Mica are asked. */
export const programs: readonly Program[] = [
  ...([0, 1] as const).flatMap((protection) =>
    accesses.map(([name, source]) =>
      program(`${name}, ${protection === 0 ? 'no page' : 'a page that is read-only'}`, protection, source),
    ),
  ),
  ...steps.map(([name, source]) => program(name, 2, trap + source)),
  ...[...stacks, ...queries, ...exceptions].map(([name, source]) => program(name, 2, source)),
]
