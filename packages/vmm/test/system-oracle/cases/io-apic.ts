import { makeInterruptGate, resumeAt } from '../macros.ts'
import type { Feature, SystemCase } from '../types.ts'

const select = 0xfec0_0000
const window = select + 0x10
const local = 0xfee0_0000
/** The interval timer's line: ISA line 0 is pin 2 (MP specification 1.4, 3.6.2.2 and its default configurations). */
const pin = 2
const low = 0x10 + 2 * pin
const high = low + 1

/** Bits of a redirection entry. 82093AA data sheet, 3.2.4. */
const Entry = { logical: 0x800, lowActive: 0x2000, remote: 0x4000, level: 0x8000, mask: 0x1_0000 } as const
const Mode = { lowest: 0x100, smi: 0x200, nmi: 0x400, external: 0x700 } as const

const hex = (value: number): string => `${value >>> 0}`
const write = (index: number, value: number): string =>
  `mov dword [${select}], ${index}; mov dword [${window}], ${hex(value)}\n`
const read = (index: number, to = 'eax'): string => `mov dword [${select}], ${index}; mov ${to}, [${window}]\n`
const note = 'int 0x21\n'
const entry = (value: number): string => write(low, value)
const showEntry = read(low) + note
const writeLocal = (register: number, value: number): string => `mov dword [${local + register}], ${hex(value)}\n`
const readLocal = (register: number, to: string): string => `mov ${to}, [${local + register}]\n`
const eoi = writeLocal(0xb0, 0)
const on = writeLocal(0xf0, 0x1ff)

let labels = 0
const wait = (): string => {
  const label = `pause${labels++}`
  return `mov ecx, 0x8000; ${label}: loop ${label}\nmov ecx, 0x0c0c0c0c\n`
}
/**
 * The timer in mode 0: its line is low until it has counted to the end, and high from then on. (8254 data sheet: the read-back command
 * shows the line.)
 */
const lower = 'mov al, 0x30; out 0x43, al; mov al, 0xff; out 0x40, al; out 0x40, al; mov eax, 0x0a0a0a0a\n'
const count = 'mov al, 0x30; out 0x43, al; mov al, 0x20; out 0x40, al; mov al, 0; out 0x40, al\n'
const raise = (): string => {
  const label = `raise${labels++}`
  return `${count}
    ${label}: mov al, 0xe2; out 0x43, al; in al, 0x40; test al, 0x80; jz short ${label}
    ${wait()} mov eax, 0x0a0a0a0a\n`
}
/** Lets in what is requested. */
const take = (count: number): string => `mov dword [RETURNS], ${count}; sti; nop; nop; nop; cli\n`
const begin = `cli\n${lower}${write(high, 0)}${entry(Entry.mask)}${on}`
const end = `${lower}${entry(Entry.mask)}mov dword [RETURNS], 9; sti; nop; nop; cli\n${eoi}${eoi}${writeLocal(0xf0, 0xff)}`
const state = `${readLocal(0x130, 'ebx')}${readLocal(0x1b0, 'ecx')}${readLocal(0x230, 'edx')}${showEntry}`

const registers: readonly SystemCase[] = [
  { name: 'the version register', code: `${read(1)}${note}${write(1, 0)}${read(1)}${note}` },
  {
    name: 'the identification register has four bits; the arbitration register is loaded with it',
    code: `${read(0, 'ebp')}${write(0, 0xffff_ffff)}${read(0)}${read(2, 'ebx')}${note}${write(2, 0)}${read(2)}${note} mov dword [${select}], 0; mov [${window}], ebp; mov ebp, 0`,
  },
  {
    name: 'what can be written of an entry',
    code: `${begin}${[0xffff_ffff, 0xffff_0fff, Entry.mask | Entry.lowActive, Entry.mask | Entry.remote, Entry.mask | 0x1000].map((value) => entry(value) + showEntry).join('')}${[0xffff_ffff, 0x1234_5678, 0].map((value) => `${write(high, value)}${read(high)}${note}`).join('')}${end}`,
  },
  {
    name: 'entries of all pins are there',
    code: `${[0, 11, 23].map((number) => `${read(0x10 + 2 * number, 'ebp')}${write(0x11 + 2 * number, 0xff00_0000)}${write(0x10 + 2 * number, 0x1_0000 + number)}${read(0x10 + 2 * number)}${read(0x11 + 2 * number, 'ebx')}${note}${write(0x11 + 2 * number, 0)}${write(0x10 + 2 * number, 0x1_0000)}`).join('')} mov ebp, 0`,
  },
  {
    name: 'the index register has eight bits',
    code: `mov dword [${select}], 0xffffff01; mov eax, [${select}]; mov ebx, [${window}]; mov bl, 0; ${note}`,
  },
]

const edges: readonly SystemCase[] = [
  {
    name: 'an edge is one interrupt',
    code: `${begin}${entry(0x61)}${raise()}${state}${take(2)}${state}${eoi}${take(2)}${end}`,
  },
  {
    name: 'an edge that comes while the pin is masked is lost',
    code: `${begin}${entry(Entry.mask | 0x61)}${raise()}${entry(0x61)}${wait()}${state}${take(1)}${end}`,
  },
  {
    name: 'an edge has no remote IRR',
    code: `${begin}${entry(0x61)}${raise()}${showEntry}${take(1)}${showEntry}${eoi}${showEntry}${end}`,
  },
  {
    name: 'each edge is another interrupt',
    code: `${begin}${entry(0x61)}${raise()}${take(1)}${eoi}${raise()}${take(1)}${eoi}${end}`,
  },
]

const levels: readonly SystemCase[] = [
  {
    name: 'a level sets remote IRR and TMR, and comes again after each EOI',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${state}${take(1)}${state}${eoi}${wait()}${state}${take(1)}${lower}${eoi}${wait()}${state}${take(1)}${end}`,
  },
  {
    name: 'a level that falls before its EOI does not come again',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${take(1)}${lower}${showEntry}${eoi}${wait()}${state}${take(1)}${end}`,
  },
  {
    name: 'a level that falls before it is taken comes all the same',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${lower}${wait()}${take(1)}${state}${eoi}${state}${end}`,
  },
  {
    name: 'a masked level waits until the mask is gone',
    code: `${begin}${entry(Entry.mask | Entry.level | 0x61)}${raise()}${state}${entry(Entry.level | 0x61)}${wait()}${state}${take(1)}${lower}${eoi}${end}`,
  },
  {
    name: 'the mask does not clear remote IRR, nor does EOI of another vector',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${take(1)}${entry(Entry.mask | Entry.level | 0x61)}${showEntry}${writeLocal(0x300, 0x4_0075)}${wait()}${take(1)}${eoi}${showEntry}${lower}${eoi}${wait()}${showEntry}${end}`,
  },
  {
    name: 'remote IRR cannot be written',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${take(1)}${entry(Entry.level | 0x61)}${showEntry}${lower}${eoi}${entry(Entry.level | Entry.remote | Entry.mask | 0x61)}${showEntry}${end}`,
  },
  {
    name: 'an entry that is set to edges has no remote IRR any more',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${take(1)}${entry(Entry.mask | 0x61)}${showEntry}${entry(Entry.mask | Entry.level | 0x61)}${showEntry}${lower}${eoi}${end}`,
  },
  {
    name: 'a vector that changes while its interrupt is in service',
    code: `${begin}${entry(Entry.level | 0x61)}${raise()}${take(1)}${entry(Entry.level | 0x75)}${eoi}${wait()}${state}${take(1)}${lower}${entry(Entry.mask)}${eoi}${end}`,
  },
]

const destinations: readonly SystemCase[] = [
  {
    name: 'a level that no local APIC accepts has no remote IRR',
    code: `${begin}${write(high, 0x0700_0000)}${entry(Entry.level | 0x61)}${raise()}${state}${take(1)}${lower}${end}`,
  },
  {
    name: 'a level that a software-disabled local APIC refuses comes when that is enabled',
    code: `${begin}${writeLocal(0xf0, 0xff)}${entry(Entry.level | 0x61)}${raise()}${showEntry}${on}${wait()}${take(1)}${lower}${eoi}${end}`,
  },
  {
    name: 'to a logical number',
    code: `${begin}${writeLocal(0xe0, 0xffff_ffff)}${writeLocal(0xd0, 0x0400_0000)}${write(high, 0x0c00_0000)}${entry(Entry.level | Entry.logical | 0x61)}${raise()}${take(1)}${lower}${eoi}${write(high, 0x0300_0000)}${raise()}${take(1)}${writeLocal(0xd0, 0)}${write(high, 0)}${end}`,
  },
  {
    name: 'to all',
    code: `${begin}${write(high, 0xff00_0000)}${entry(Entry.level | 0x61)}${raise()}${take(1)}${lower}${eoi}${write(high, 0)}${end}`,
  },
]

const modes: readonly SystemCase[] = [
  {
    name: 'lowest priority',
    code: `${begin}${entry(Entry.level | Mode.lowest | 0x61)}${raise()}${state}${take(1)}${lower}${eoi}${state}${end}`,
  },
  {
    name: 'an NMI by an edge, whatever vector is written',
    code: `${begin}${resumeAt('after')}${entry(Mode.nmi | 0x61)}${count} mov eax, 0; spin: jmp short spin
      after: ${state}${end}`,
  },
  {
    name: 'external: the vector is the 8259s',
    code: `${begin}${writeLocal(0x350, 0x1_0000)}${makeInterruptGate(0x40, 0x08, 'handler', 14)} ${entry(Mode.external)} mov al, 0xfe; out 0x21, al
      ${raise()} sti; nop; nop; nop; cli; int 0x21; mov al, 0xff; out 0x21, al; ${end} int 0x20
      handler: ${note} mov al, 0x60; out 0x20, al; iretd`,
  },
  {
    name: 'an SMI goes unnoticed',
    code: `${begin}${entry(Mode.smi)}${raise()}${state}${take(1)}${end}`,
  },
  {
    name: 'an illegal vector is an error of the local APIC, and nothing is in service',
    code: `${begin}${writeLocal(0x280, 0)}${entry(0x0f)}${raise()}${writeLocal(0x280, 0)}${readLocal(0x280, 'eax')}${readLocal(0x200, 'ebx')}${note}${writeLocal(0x280, 0)}${take(1)}${end}`,
  },
]

export const ioApic: Feature = {
  name: 'io-apic',
  isTimed: true,
  title: 'I/O APIC: registers, edges and levels, destinations, delivery modes',
  cases: [...registers, ...edges, ...levels, ...destinations, ...modes],
}
