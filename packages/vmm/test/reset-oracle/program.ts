import { assemble } from '../system-oracle/assembler/assembler.ts'

/** Firmware that changes what it can, sends itself an INIT by the local APIC, and tells what that has left. */

const magic = 0x4d49_4341
const saved = 0x600
const general = ['eax', 'ecx', 'edx', 'ebx', 'esp', 'ebp', 'esi', 'edi'] as const
const segments = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const
const apicRegisters = {
  tpr: 0x80,
  ldr: 0xd0,
  dfr: 0xe0,
  svr: 0xf0,
  irr: 0x220,
  timer: 0x320,
  lint0: 0x350,
  initial: 0x380,
}

/** What is told, in this order. `model`: EDX less the processor's signature. */
export const told: readonly string[] = [
  ...[...general.filter((name) => name !== 'edx'), 'model', ...segments.filter((name) => name !== 'cs')],
  ...['eflags', 'cr0', 'cr2', 'cr3', 'cr4', 'dr0', 'dr6', 'dr7', 'gdtLimit', 'gdtBase', 'idtLimit', 'idtBase'],
  ...['fcw', 'sysenterCs', 'apicBase', ...Object.keys(apicRegisters)],
]

const tell = (value: string): string => `mov eax, ${value}; call send\n`
const tellTable = (
  store: string,
): string => `${store} [${saved + 0x80}]; mov eax, 0; mov ax, [${saved + 0x80}]; call send
  mov eax, [${saved + 0x82}]; call send\n`
/** DS becomes flat, as large as memory. */
const flat = 'lgdt [cs:gdtr]; mov eax, cr0; or al, 1; mov cr0, eax; mov ax, 8; mov ds, ax; mov ebx, 0xfee00000\n'

const first = `
  mov dword [0x500], ${magic}
  fninit; mov dword [0x504], 0x362; fldcw [0x504]
  mov ecx, 0x174; mov eax, 0x1234; mov edx, 0; wrmsr
  mov eax, 0x11111111; mov dr0, eax
  mov eax, 0x500; mov dr7, eax
  mov eax, 0x2222; mov cr2, eax
  mov eax, 0x5000; mov cr3, eax
  mov eax, 0x200; mov cr4, eax
  lidt [cs:idtr]
  mov eax, 0x12; mov cr0, eax
  ${flat}
  mov dword [ebx+0xf0], 0x1ff
  mov dword [ebx+0x80], 0x35
  mov dword [ebx+0xd0], 0x04000000
  mov dword [ebx+0xe0], 0x0fffffff
  mov dword [ebx+0x320], 0x20061
  mov dword [ebx+0x350], 0x700
  mov dword [ebx+0x3e0], 0xb
  mov dword [ebx+0x380], 0x10000000
  mov dword [ebx+0x300], 0x40055
  mov dword [ebx+0x310], 0
  mov ecx, 0xcccc; mov edx, 0xdddd; mov esi, 0x5151; mov edi, 0xd1d1; mov ebp, 0xbbbb; mov esp, 0x6000
  mov dword [ebx+0x300], 0x4500
idle: jmp short idle
`

const second = `
  mov ss, ax; mov sp, 0x7000
  ${general
    .map((name, index) => [name, index] as const)
    .filter(([name]) => name !== 'edx')
    .map(([, index]) => tell(`[${saved + index * 4}]`))
    .join('')}
  mov eax, 1; cpuid; sub eax, [${saved + 8}]; call send
  ${segments
    .filter((name) => name !== 'cs')
    .map((_, index) => `mov eax, 0; mov ax, [${saved + 0x20 + index * 2}]; call send\n`)
    .join('')}
  pushfd; pop eax; call send
  ${['cr0', 'cr2', 'cr3', 'cr4', 'dr0', 'dr6', 'dr7'].map((name) => tell(name)).join('')}
  ${tellTable('sgdt')}${tellTable('sidt')}
  mov dword [${saved + 0x88}], 0; fnstcw [${saved + 0x88}]; ${tell(`[${saved + 0x88}]`)}
  mov ecx, 0x174; rdmsr; call send
  mov ecx, 0x1b; rdmsr; call send
  ${flat}
  ${Object.values(apicRegisters)
    .map((offset) => tell(`[ebx+${offset}]`))
    .join('')}
  mov al, 0; out 0xf4, al
  cli
  hlt
`

const source = `
  ${general.map((name, index) => `mov [${saved + index * 4}], ${name}\n`).join('')}
  ${segments
    .filter((name) => name !== 'cs')
    .map((name, index) => `mov ax, ${name}; mov [${saved + 0x20 + index * 2}], ax\n`)
    .join('')}
  mov ax, 0
  cmp dword [0x500], ${magic}
  jz near again
  ${first}
again: ${second}
send: push dx; mov dx, 0xe9; ${'out dx, al; shr eax, 8\n'.repeat(4)} pop dx; ret
gdtr: dw 15, gdt, 15
idtr: dw 0x123, 0x4567, 0
gdt: dd 0, 0
  dd 0x0000ffff, 0x00cf9300
`

/** The image, 64 KiB, for the end of the address space. */
export function initFirmware(): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(0x1_0000)
  image.set(assemble(source, { origin: 0, bits: 16 }).bytes)
  image.set([0xea, 0x00, 0x00, 0x00, 0xf0], 0xfff0)
  return image
}
