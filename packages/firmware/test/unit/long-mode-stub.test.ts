import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from 'iced-x86'
import { expect, test } from 'vitest'
import { GuestWriter } from '../../src/memory/guest-writer.ts'
import { writeLongModeStub } from '../../src/linux/long-mode-stub.ts'
import { SparseMemory, pcRam } from '../support/sparse-memory.ts'

function disassemble(bytes: Uint8Array, bitness: number, ip: number): string[] {
  const decoder = new Decoder(bitness, bytes, DecoderOptions.None)
  decoder.ip = BigInt(ip)
  const formatter = new Formatter(FormatterSyntax.Nasm)
  const lines: string[] = []
  while (decoder.canDecode) lines.push(formatter.format(decoder.decode()))
  return lines
}

test('the stub enters long mode in the order of SDM vol. 3, 10.8.5 (oracle: a disassembler)', () => {
  const memory = new SparseMemory(pcRam(2))
  const start = writeLongModeStub(new GuestWriter(memory), 0x1234567)
  const far = memory.bytes(start, 64).indexOf(0xea)
  const bytes = memory.bytes(start, far + 16)
  expect(disassemble(bytes.subarray(0, far + 7), 32, start)).toEqual([
    'mov eax,cr4',
    'or eax,20h',
    'mov cr4,eax',
    'mov eax,30000h',
    'mov cr3,eax',
    'mov ecx,0C0000080h',
    'rdmsr',
    'or eax,100h',
    'wrmsr',
    'mov eax,cr0',
    'or eax,80000000h',
    'mov cr0,eax',
    `jmp 0020h:000${(start + far + 7).toString(16)}h`,
  ])
  expect(disassemble(bytes.subarray(far + 7), 64, start + far + 7)).toEqual([
    'mov esi,esi',
    'mov eax,1234567h',
    'jmp rax',
  ])
})
