/**
 * The program that every image begins with: it prepares the machine, runs case after case, and records each interrupt and
 * exception to the debug console.
 *
 * A case decides what follows an event by two words: RESUME, an address to go on at in ring 0, once; or RETURNS, how often
 * handlers return. When neither says so, the case ends. INT 20h ends it too; INT 21h records and returns.
 * What is sent: `C` and the case's number (2 bytes); for each event `E` and the record; for each piece of memory that the case wants
 * shown `M` and its words, and in the end `F`.
 */

/** Words of a record in the order in which they are sent. */
export const recordWords: readonly string[] = [
  ...['vector', 'eax', 'ecx', 'edx', 'ebx', 'ebp', 'esi', 'edi', 'esp', 'eflags'],
  ...['cs', 'ss', 'ds', 'es', 'fs', 'gs', 'tr', 'ldtr', 'cr2', 'dr6'],
]
export const stackWords = 16

export const doneVector = 0x20
export const noteVector = 0x21
/** Interrupts for the recorder itself. */
const sendVector = 0xfe
/** A case that never comes to an end is stopped after so many events. */
const mostEvents = 24
const vectorsWithErrorCode = 0x2_7d00

/** Registers as a case finds them, at its start and where it resumes. */
export const registersAtStart: Readonly<Record<string, number>> = {
  eax: 0x0a0a_0a0a,
  ecx: 0x0c0c_0c0c,
  edx: 0x0d0d_0d0d,
  ebx: 0x0b0b_0b0b,
  ebp: 0x0bbb_0bbb,
  esi: 0x5151_5151,
  edi: 0xd1d1_d1d1,
}
const loadFlat = `
  mov eax, DATA0
  mov ds, eax
  mov es, eax
  mov fs, eax
  mov gs, eax
  mov ss, eax
  mov esp, STACK0
`

const loadRegisters = Object.entries(registersAtStart)
  .map(([register, value]) => `  mov ${register}, ${value}`)
  .join('\n')

const startUp = `
entry:
  cli
  cld
  mov esp, STACK0
  mov esi, master; mov edi, 0; mov ecx, MASTERDWORDS; rep movsd
  lgdt [gdtr]
  jmp CODE0:segments_ready
segments_ready:
  mov al, 0x11; out 0x20, al; out 0xa0, al
  mov al, 0x40; out 0x21, al
  mov al, 0x48; out 0xa1, al
  mov al, 4; out 0x21, al
  mov al, 2; out 0xa1, al
  mov al, 1; out 0x21, al; out 0xa1, al
  mov al, 0xff; out 0x21, al; out 0xa1, al
  mov dword [case_number], 0
  mov dword [case_entry], case_table
`

/** Whatever state the last case left: paging off, registers of the system as after a reset, no interrupt in service. */
const quietSystem = `
next_case:
  mov eax, 0x11
  mov cr0, eax
  jmp short paging_off
paging_off:
  mov eax, 0
  mov cr4, eax
  mov cr3, eax
  mov cr2, eax
  mov eax, 0x400
  mov dr7, eax
  mov eax, 0xffff0ff0
  mov dr6, eax
  mov eax, 0
  mov dr0, eax
  mov dr1, eax
  mov dr2, eax
  mov dr3, eax
  mov edx, eax
  mov ecx, 0xc0000080; wrmsr
  mov ecx, 0x174; wrmsr
  mov [0xfee00080], eax
  mov ecx, 8
end_of_interrupt:
  mov [0xfee000b0], eax
  loop end_of_interrupt
  mov dword [0xfee000f0], 0xff
  fninit
`

const prepareCase = `
  mov esi, master; mov edi, 0; mov ecx, MASTERDWORDS; rep movsd
  mov eax, 0; mov edi, STACKS; mov ecx, 0x1800; rep stosd
  mov edi, DATA; mov ecx, 0x800; rep stosd
  lgdt [gdtr]
  lidt [idtr]
  jmp CODE0:tables_ready
tables_ready:
${loadFlat}
  mov ebp, [case_entry]
  mov esi, [ebp]; mov edi, [ebp+4]; mov ecx, [ebp+8]; rep movsb
  mov esi, [ebp+12]; mov edi, LOW; mov ecx, [ebp+16]; rep movsb
  mov al, 0x43; out 0xe9, al
  mov esi, case_number; mov ecx, 2; mov edx, 0xe9; rep outsb
  mov eax, 0
  mov [events], eax
  mov [RESUME], eax
  mov [RETURNS], eax
  mov [SKIP], eax
  mov eax, TSSSEL; ltr ax
  mov eax, LDTSEL; lldt ax
  push 2; push CODE0; push unblocked; iretd
unblocked:
  push dword [ebp+4]
${loadRegisters}
  ret
`

/** Comes with the vector on the stack, above the processor's frame, at any privilege level. */
const recorder = `
common:
  push ds
  push eax
  mov eax, FLAT
  mov ds, eax
  pop dword [record+4]
  pop dword [record_ds]
  pop dword [record]
  mov [record+8], ecx; mov [record+12], edx; mov [record+16], ebx
  mov [record+20], ebp; mov [record+24], esi; mov [record+28], edi
  mov [record+32], esp
  pushfd
  pop dword [record+36]
  mov eax, cs; mov [record+40], eax
  mov eax, ss; mov [record+44], eax
  mov eax, es; mov [record+52], eax
  mov eax, fs; mov [record+56], eax
  mov eax, gs; mov [record+60], eax
  cld
  mov eax, FLAT
  mov es, eax
  call frame_address
  mov edi, record_stack; mov ecx, ${stackWords}; rep movsd
  mov eax, cs
  test al, 3
  jnz short outside
  call send
  jmp short handler_return
outside:
  mov dword [TSS+4], STACK0
  mov dword [TSS+8], DATA0
  int ${sendVector}
handler_return:
  mov esp, [record+32]
  mov ecx, [record]
  cmp ecx, 31
  ja short as_it_was
  mov eax, ${vectorsWithErrorCode}
  shr eax, cl
  test al, 1
  jz short no_error_code
  add esp, 4
no_error_code:
  mov eax, [SKIP]
  add [esp], eax
as_it_was:
  mov es, [record+52]
  mov eax, [record+4]; mov ecx, [record+8]; mov edx, [record+12]; mov ebx, [record+16]
  mov ebp, [record+20]; mov esi, [record+24]; mov edi, [record+28]
  mov ds, [record_ds]
  iretd
frame_address:
  mov eax, ss
  mov ebx, GDT
  test al, 4
  jz short in_gdt
  mov ebx, LDT
in_gdt:
  and eax, 0xfff8
  add ebx, eax
  mov esi, [ebx+2]
  and esi, 0xffffff
  movzx eax, byte [ebx+7]
  shl eax, 24
  or esi, eax
  mov eax, [record+32]
  test dword [ebx+4], 0x400000
  jnz short wide_stack
  and eax, 0xffff
wide_stack:
  add esi, eax
  ret
`

/** In ring 0: sends the record and decides how the case goes on. */
const sender = `
send_interrupt:
  call send
  iretd
send:
  mov eax, 0
  str eax; mov [record_tr], eax
  sldt eax; mov [record_ldtr], eax
  mov eax, cr2; mov [record_cr2], eax
  mov eax, dr6; mov [record_dr6], eax
  mov al, 0x45; out 0xe9, al
  mov esi, record; mov ecx, record_end-record; mov edx, 0xe9; rep outsb
  inc dword [events]
  cmp dword [events], ${mostEvents}
  jnc near finish
  mov eax, [record]
  cmp eax, ${noteVector}
  jz short send_return
  cmp eax, ${doneVector}
  jz near finish
  cmp dword [RESUME], 0
  jnz short resume
  cmp dword [RETURNS], 0
  jz near finish
  dec dword [RETURNS]
send_return:
  ret
resume:
${loadFlat}
  mov ebx, [RESUME]
  mov dword [RESUME], 0
  push 2; push CODE0; push ebx
${loadRegisters}
  iretd
finish:
${loadFlat}
  push 2
  popfd
  mov ebp, [case_entry]
  mov ebx, [ebp+20]
show_next:
  mov ecx, [ebx+4]
  cmp ecx, 0
  jz short shown
  mov al, 0x4d; out 0xe9, al
  mov esi, [ebx]; shl ecx, 2; mov edx, 0xe9; rep outsb
  add ebx, 8
  jmp short show_next
shown:
  mov al, 0x46; out 0xe9, al
  add dword [case_entry], 24
  inc dword [case_number]
  mov eax, [case_number]
  cmp eax, [case_count]
  jc near next_case
  mov eax, 0; mov edx, 0xf4; out dx, eax
  cli
  hlt
`

/** Page tables for a case: identity, 4 KiB pages below 4 MiB and large ones above. EAX: 7 for pages that are the user's, 3 for others. */
const pagingRoutines = `
paging:
  push edi; push ecx; push ebx; push eax
  mov ebx, eax
  mov edi, PT; mov ecx, 1024
paging_small:
  stosd
  add eax, 0x1000
  loop paging_small
  mov eax, 0; mov edi, PD; mov ecx, 1024; rep stosd
  mov dword [PD], PT+7
  mov eax, ebx
  or eax, 0x80
  mov edi, PD+4; mov ecx, 63
paging_large:
  add eax, 0x400000
  stosd
  loop paging_large
  mov eax, 0x10; mov cr4, eax
  mov eax, PD
  jmp near paging_on
pae:
  push edi; push ecx; push ebx; push eax
  mov ebx, eax
  mov edi, PAEPT; mov ecx, 512
pae_small:
  stosd
  mov dword [edi], 0
  add edi, 4
  add eax, 0x1000
  loop pae_small
  mov eax, 0; mov edi, PAEPD; mov ecx, 1024; rep stosd
  mov edi, PDPT; mov ecx, 8; rep stosd
  mov dword [PAEPD], PAEPT+7
  mov dword [PDPT], PAEPD+1
  mov eax, ebx
  or eax, 0x80
  mov edi, PAEPD+8; mov ecx, 127
pae_large:
  add eax, 0x200000
  stosd
  add edi, 4
  loop pae_large
  mov eax, 0x30; mov cr4, eax
  mov eax, PDPT
paging_on:
  mov cr3, eax
  mov eax, 0x80010011; mov cr0, eax
  pop eax; pop ebx; pop ecx; pop edi
  ret
`

const stubs = Array.from({ length: 256 }, (_, vector) =>
  vector === sendVector ? '' : `stub${vector}: push ${vector + 0x100}-0x100; jmp common`,
).join('\n')

const words = (names: readonly string[]): string => names.map((name) => `record_${name}: dd 0`).join('\n')

const data = `
case_number: dd 0
case_entry: dd 0
events: dd 0
RESUME: dd 0
RETURNS: dd 0
SKIP: dd 0
record: dd 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
${words(recordWords.slice(12))}
record_stack: dd ${Array.from({ length: stackWords }, () => 0).join(', ')}
record_end:
gdtr: dw 0x7ff; dd GDT
idtr: dw 0x7ff; dd IDT
`

/** Two tasks that record what they find: one for a test's second task, one for double faults. */
const tasks = `
task_entry:
  int ${noteVector}
  int ${doneVector}
double_fault_task:
  push 0x108
  jmp common
`

export const runtimeSource: string = [
  startUp,
  quietSystem,
  prepareCase,
  recorder,
  sender,
  pagingRoutines,
  tasks,
  `stub${sendVector}: jmp send_interrupt`,
  stubs,
  data,
].join('\n')
