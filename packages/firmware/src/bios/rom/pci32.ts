import { type Assembler, Opcode } from './assembler.ts'
import { ROM_BASE, TRAP_PORT } from './layout.ts'
import type { ServiceName, Traps } from './programs.ts'
import type { TrapPoint } from './traps.ts'

const DIRECTORY_BYTES = 16
/** Answers of the BIOS32 directory in AL (Standard BIOS 32-bit Service Directory Proposal 0.4). */
const SERVICE_UNKNOWN = 0x80
const FUNCTION_UNKNOWN = 0x81
/** "$PCI" as EAX holds it. */
const PCI_SERVICE = 0x4943_5024

/**
 * The BIOS32 directory and its one service, PCI: 32-bit code that runs at any base. Callers come by a far call and
 * look at the flags themselves. The trap is the same as in 16-bit code; only its call and jumps are of another width.
 */
export function layPci32(assembler: Assembler, traps: Traps): void {
  layDirectoryEntry(assembler)
  assembler.align(4).label('pci32')
  const retry = assembler.offset
  assembler.label('pci32-retry')
  traps.set('pci32', layTrap32(assembler, 'pci32', retry))
  assembler.bytes(Opcode.RETF)
  const header = new Uint8Array(DIRECTORY_BYTES)
  assembler.align(16).label('bios32')
  const entry = ROM_BASE + assembler.offsetOf('bios32-entry')
  new DataView(header.buffer).setUint32(0, 0x5f32335f, true)
  new DataView(header.buffer).setUint32(4, entry, true)
  header[9] = DIRECTORY_BYTES / 16
  header[10] = -header.reduce((sum, byte) => sum + byte, 0)
  assembler.data(header)
}

/** EAX names a service, EBX must be 0; EBX = base, ECX = length, EDX = offset of its entry. */
function layDirectoryEntry(assembler: Assembler): void {
  assembler.align(4).label('bios32-entry')
  // test ebx,ebx; jnz; cmp eax,"$PCI"; jnz
  assembler.bytes(0x85, 0xdb).short(Opcode.JNZ_SHORT, 'bios32-function').bytes(0x3d).dword(PCI_SERVICE)
  assembler.short(Opcode.JNZ_SHORT, 'bios32-service')
  assembler.bytes(0xbb).dword(ROM_BASE).bytes(0xb9).dword(0x10000)
  assembler.bytes(0xba).wordOf('pci32').word(0)
  assembler.bytes(Opcode.MOV_AL_IMM, 0, Opcode.RETF)
  assembler.label('bios32-service').bytes(Opcode.MOV_AL_IMM, SERVICE_UNKNOWN, Opcode.RETF)
  assembler.label('bios32-function').bytes(Opcode.MOV_AL_IMM, FUNCTION_UNKNOWN, Opcode.RETF)
}

/** Out, and if the service did not run, once more. It never waits. */
function layTrap32(assembler: Assembler, service: ServiceName, retry: number): TrapPoint<ServiceName> {
  assembler.outImmediate(TRAP_PORT).short(Opcode.JMP_SHORT, 'pci32-retry')
  return { service, retry, done: assembler.offset, wait: retry }
}
