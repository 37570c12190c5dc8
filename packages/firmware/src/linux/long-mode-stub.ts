import { CODE64_SELECTOR } from '../entry-state.ts'
import { LittleEndian } from '../little-endian.ts'
import type { GuestWriter } from '../memory/guest-writer.ts'
import { PAGE, PAGE_TABLES_BASE } from '../memory/layout.ts'

const PRESENT_WRITABLE = 0x3
const LARGE_PAGE = 0x80
const LARGE_PAGE_BYTES = 0x200000
const ENTRIES = 512
const GIBIBYTES = 4
const PML4 = PAGE_TABLES_BASE
const PDPT = PML4 + PAGE
const FIRST_DIRECTORY = PDPT + PAGE
/** After the page tables: 6 pages below it. */
export const STUB_BASE: number = FIRST_DIRECTORY + GIBIBYTES * PAGE

/**
 * A 64-bit vmlinux starts in long mode with its memory identity mapped (kernel documentation, 64-bit boot protocol).
 * Writes page tables for the first 4 GiB and the few instructions that get there from protected mode (SDM vol. 3, 10.8.5);
 * answers where they start. ESI is kept.
 */
export function writeLongModeStub(writer: GuestWriter, entry: number): number {
  const tables = new LittleEndian((2 + GIBIBYTES) * PAGE)
  tables.u64(0, PDPT | PRESENT_WRITABLE)
  for (let gib = 0; gib < GIBIBYTES; gib += 1) {
    tables.u64(PAGE + gib * 8, (FIRST_DIRECTORY + gib * PAGE) | PRESENT_WRITABLE)
    for (let index = 0; index < ENTRIES; index += 1) {
      const physical = (gib * ENTRIES + index) * LARGE_PAGE_BYTES
      tables.u64((2 + gib) * PAGE + index * 8, physical + (LARGE_PAGE | PRESENT_WRITABLE))
    }
  }
  writer.write(PAGE_TABLES_BASE, tables.bytes)
  writer.write(STUB_BASE, stub(entry))
  return STUB_BASE
}

function stub(entry: number): Uint8Array {
  const dword = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24]
  const protectedPart = (target: number): number[] => [
    0x0f,
    0x20,
    0xe0, // mov eax, cr4
    0x83,
    0xc8,
    0x20, // or eax, PAE
    0x0f,
    0x22,
    0xe0, // mov cr4, eax
    0xb8,
    ...dword(PML4), // mov eax, PML4
    0x0f,
    0x22,
    0xd8, // mov cr3, eax
    0xb9,
    ...dword(0xc0000080), // mov ecx, IA32_EFER
    0x0f,
    0x32, // rdmsr
    0x0d,
    ...dword(0x100), // or eax, LME
    0x0f,
    0x30, // wrmsr
    0x0f,
    0x20,
    0xc0, // mov eax, cr0
    0x0d,
    ...dword(0x80000000), // or eax, PG
    0x0f,
    0x22,
    0xc0, // mov cr0, eax
    0xea,
    ...dword(target),
    CODE64_SELECTOR,
    0x00, // jmp CODE64:target
  ]
  const longPart = [
    0x89,
    0xf6, // mov esi, esi: clears the upper half of RSI
    0xb8,
    ...dword(entry), // mov eax, entry
    0xff,
    0xe0, // jmp rax
  ]
  const target = STUB_BASE + protectedPart(0).length
  return Uint8Array.from([...protectedPart(target), ...longPart])
}
