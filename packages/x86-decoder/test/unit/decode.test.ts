import { describe, expect, test } from 'vitest'
import {
  decode,
  DecodeStatus,
  format,
  Instruction,
  OperandKind,
  Operation,
  Prefix,
  decodeInto,
} from '../../src/index.ts'
import type { Bitness } from '../../src/index.ts'

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

function decoded(hex: string, bitness: Bitness): Instruction {
  const result = decode(bytesOf(hex), { bitness })
  if (!result.ok) throw new Error(`${hex}: status ${result.status}`)
  return result.instruction
}

function status(hex: string, bitness: Bitness): DecodeStatus {
  const result = decode(bytesOf(hex), { bitness })
  return result.ok ? DecodeStatus.Ok : result.status
}

// The oracle is the manual: each line was worked out by hand from SDM vol. 2.
const VECTORS: readonly (readonly [bitness: Bitness, hex: string, text: string])[] = [
  [16, '8B 46 FE', 'mov ax,word ptr [bp-2]'],
  [16, '8B 07', 'mov ax,word ptr [bx]'],
  [16, '8B 0E 34 12', 'mov cx,word ptr [1234h]'],
  [16, '66 8B 07', 'mov eax,dword ptr [bx]'],
  [16, '67 8B 04 24', 'mov ax,word ptr [esp]'],
  [16, 'EA 00 7C 00 F0', 'jmp far 0F000h:7C00h'],
  [16, 'F3 A4', 'rep movsb'],
  [16, '2E AC', 'lodsb cs:[si]'],
  [16, 'C8 10 00 01', 'enter 10h,1'],
  [32, '8B 44 88 10', 'mov eax,dword ptr [eax+ecx*4+10h]'],
  [32, '8B 04 8D 00 00 00 80', 'mov eax,dword ptr [ecx*4-80000000h]'],
  [32, '64 A1 00 00 00 00', 'mov eax,dword ptr fs:[0]'],
  [32, 'F0 0F B1 0A', 'lock cmpxchg dword ptr [edx],ecx'],
  [32, 'C1 E0 04', 'shl eax,4'],
  [32, 'D1 E0', 'shl eax,1'],
  [32, '0F B7 C0', 'movzx eax,ax'],
  [32, '66 0F BE C1', 'movsx ax,cl'],
  [32, '8E D8', 'mov ds,eax'],
  [32, '0F 22 C0', 'mov cr0,eax'],
  [32, 'E4 60', 'in al,60h'],
  [32, 'EF', 'out dx,eax'],
  [32, 'D9 05 00 10 00 00', 'fld dword ptr [1000h]'],
  [32, 'DE C1', 'faddp st(1),st(0)'],
  [32, 'F3 0F 10 01', 'movss xmm0,dword ptr [ecx]'],
  [32, '66 0F 3A 0F C1 04', 'palignr xmm0,xmm1,4'],
  [32, '66 F2 0F 38 F1 C1', 'crc32 eax,cx'],
  [64, '48 8B 05 10 00 00 00', 'mov rax,qword ptr [rip+10h]'],
  [64, '41 8A 04 24', 'mov al,byte ptr [r12]'],
  [64, '48 B8 88 77 66 55 44 33 22 11', 'mov rax,1122334455667788h'],
  [64, '40 88 E0', 'mov al,spl'],
  [64, '88 E0', 'mov al,ah'],
  [64, '63 C8', 'movsxd ecx,eax'],
  [64, '48 63 C8', 'movsxd rcx,eax'],
  [64, '41 90', 'xchg r8d,eax'],
  [64, '90', 'nop'],
  [64, 'F3 90', 'pause'],
  [64, '0F 05', 'syscall'],
  [64, '41 57', 'push r15'],
  [64, '66 50', 'push ax'],
  [64, 'C5 F0 58 C2', 'vaddps xmm0,xmm1,xmm2'],
  [64, 'C4 E2 F9 B8 04 88', 'vfmadd231pd xmm0,xmm0,xmmword ptr [rax+rcx*4]'],
  [64, 'C4 E2 69 90 04 88', 'vpgatherdd xmm0,dword ptr [rax+xmm1*4],xmm2'],
  [64, '62 F1 74 48 58 C2', 'vaddps zmm0,zmm1,zmm2'],
  [64, '62 F1 74 99 58 40 01', 'vaddps xmm0{k1}{z},xmm1,dword ptr [rax+4]{1to4}'],
  [64, '62 F1 74 78 58 C2', 'vaddps zmm0,zmm1,zmm2{rz-sae}'],
  [64, '62 F1 7C 48 28 40 01', 'vmovaps zmm0,zmmword ptr [rax+40h]'],
]

describe('text of bytes, from the manual', () => {
  test.each(VECTORS)('%i-bit %s is %s', (bitness, hex, text) => {
    expect(format(decoded(hex, bitness))).toBe(text)
  })
})

describe('options of the formatter', () => {
  const load = decoded('48 8B 05 10 00 00 00', 64)
  const branch = decoded('E8 FB 00 00 00', 32)
  const symbol = (address: bigint, use: string): string | undefined => (address === 0x1100n ? `${use}_1100` : undefined)

  test('a symbol stands for a branch target, and for memory without registers or from RIP', () => {
    expect(format(branch, { ip: 0x1000, symbol })).toBe('call branch_1100')
    expect(format(branch, { ip: 0x2000, symbol })).toBe('call 2100h')
    expect(format(load, { ip: 0x10e9n, symbol })).toBe('mov rax,qword ptr [memory_1100]')
    expect(format(decoded('A1 00 11 00 00', 32), { symbol })).toBe('mov eax,dword ptr [memory_1100]')
    expect(format(decoded('8B 81 00 11 00 00', 32), { symbol })).toBe('mov eax,dword ptr [ecx+1100h]')
  })

  test('a size is left out where a register tells it', () => {
    const options = { memorySize: 'needed' } as const
    expect(format(load, options)).toBe('mov rax,[rip+10h]')
    expect(format(decoded('0F B6 00', 32), options)).toBe('movzx eax,byte ptr [eax]')
    expect(format(decoded('C7 00 05 00 00 00', 32), options)).toBe('mov dword ptr [eax],5')
  })

  test('the GNU dialect writes what the bytes say', () => {
    const gnu = (hex: string, bitness: Bitness): string => format(decoded(hex, bitness), { dialect: 'gnu' })
    expect(gnu('8D B4 26 00 00 00 00', 32)).toBe('lea esi,[esi+eiz*1+0x0]')
    expect(gnu('F3 A5', 32)).toBe('rep movs DWORD PTR es:[edi],DWORD PTR ds:[esi]')
    expect(gnu('65 A1 14 00 00 00', 32)).toBe('mov eax,gs:0x14')
    expect(gnu('48 8B 05 FE FF FF FF', 64)).toBe('mov rax,QWORD PTR [rip+0xfffffffffffffffe]')
    expect(gnu('3E FF E0', 64)).toBe('notrack jmp rax')
    expect(gnu('0F C2 C1 01', 64)).toBe('cmpltps xmm0,xmm1')
    expect(gnu('D8 C1', 32)).toBe('fadd st,st(1)')
  })
})

describe('prefixes', () => {
  test('the last of F2 and F3 wins', () => {
    expect(decoded('F2 F3 A6', 32).rep).toBe(3)
    expect(decoded('F3 F2 A6', 32).rep).toBe(2)
  })

  test('F2 and F3 beat 66 as mandatory prefixes', () => {
    expect(decoded('66 F3 0F 10 C1', 32).operation).toBe(Operation.Movss)
    expect(decoded('F2 66 0F 10 C1', 32).operation).toBe(Operation.MovsdSse)
  })

  test('REX counts only right before the opcode', () => {
    expect(decoded('48 66 01 C8', 64).operandSize).toBe(2)
    expect(decoded('66 48 01 C8', 64).operandSize).toBe(8)
  })

  test('in 64-bit mode DS, ES, SS and CS overrides do not cancel FS', () => {
    expect(decoded('64 3E 8B 00', 64).segment).toBe(4)
    expect(decoded('64 3E 8B 00', 32).segment).toBe(3)
    expect(decoded('3E 8B 45 00', 64).segment).toBe(2)
  })

  test('all prefixes are recorded, also the idle ones', () => {
    const { prefixes, rep } = decoded('F3 2E 67 66 90', 32)
    expect(prefixes).toBe(Prefix.Rep | Prefix.Cs | Prefix.AddressSize | Prefix.OperandSize)
    expect(rep).toBe(0)
  })

  test('LOCK is for read-modify-write forms with a memory destination', () => {
    expect(status('F0 01 08', 32)).toBe(DecodeStatus.Ok)
    expect(status('F0 01 C8', 32)).toBe(DecodeStatus.Invalid)
    expect(status('F0 03 08', 32)).toBe(DecodeStatus.Invalid)
    expect(status('F0 89 08', 32)).toBe(DecodeStatus.Invalid)
    expect(status('F0 90', 32)).toBe(DecodeStatus.Invalid)
    expect(status('F0 39 08', 32)).toBe(DecodeStatus.Invalid)
    expect(status('F0 0F 22 C0', 32)).toBe(DecodeStatus.Invalid)
  })
})

describe('bounds', () => {
  test('fifteen bytes are an instruction, sixteen are too long', () => {
    expect(status(`${'66'.repeat(14)}90`, 32)).toBe(DecodeStatus.Ok)
    expect(status(`${'66'.repeat(15)}90`, 32)).toBe(DecodeStatus.TooLong)
    expect(status('66'.repeat(15), 32)).toBe(DecodeStatus.TooLong)
  })

  test('fewer bytes than an instruction has ask for more', () => {
    expect(status('', 32)).toBe(DecodeStatus.NeedMoreBytes)
    expect(status('66', 32)).toBe(DecodeStatus.NeedMoreBytes)
    expect(status('8B 44 88', 32)).toBe(DecodeStatus.NeedMoreBytes)
  })

  test('only bytes from offset up to end are read', () => {
    const instruction = new Instruction()
    const bytes = bytesOf('CC 05 01 02 03 04')
    expect(decodeInto(bytes, 1, 5, 32, instruction)).toBe(DecodeStatus.NeedMoreBytes)
    expect(decodeInto(bytes, 1, 6, 32, instruction)).toBe(DecodeStatus.Ok)
    expect(instruction.immediate).toBe(0x04030201)
  })

  test('the programmer is told of a bitness or offset out of range', () => {
    expect(() => decode(new Uint8Array(1), { bitness: 8 as Bitness })).toThrow('bitness 8')
    expect(() => decode(new Uint8Array(1), { bitness: 32, offset: 2 })).toThrow('offset 2')
  })
})

describe('what a translator reads', () => {
  test('one operation and a condition for all of Jcc, SETcc and CMOVcc', () => {
    const jump = decoded('0F 84 10 00 00 00', 32)
    expect([jump.operation, jump.condition, jump.immediate]).toEqual([Operation.Jcc, 4, 16])
    expect([decoded('0F 9F C0', 32).operation, decoded('0F 9F C0', 32).condition]).toEqual([Operation.Setcc, 15])
    expect([decoded('0F 40 C1', 32).operation, decoded('0F 40 C1', 32).condition]).toEqual([Operation.Cmovcc, 0])
  })

  test('a string operation has no operands: element size, rep and source segment', () => {
    const move = decoded('F3 64 66 A5', 32)
    expect(move.operation).toBe(Operation.Movs)
    expect([move.operandCount, move.operandSize, move.rep, move.segment]).toEqual([0, 2, 3, 4])
  })

  test('the two MOVSD are two operations', () => {
    expect(decoded('A5', 32).operation).toBe(Operation.Movs)
    expect(decoded('F2 0F 10 C1', 32).operation).toBe(Operation.MovsdSse)
  })

  test('far pointer, ENTER and moffs', () => {
    const far = decoded('9A 78 56 34 12 08 00', 32)
    expect([far.kinds[0], far.immediate, far.immediate2]).toEqual([OperandKind.FarPointer, 0x12345678, 8])
    const enter = decoded('C8 20 00 02', 32)
    expect([enter.immediate, enter.immediate2, enter.operandSize]).toEqual([0x20, 2, 4])
    const offset = decoded('48 A1 11 22 33 44 55 66 77 88', 64)
    expect([offset.base, offset.index, offset.displacement, offset.displacementHigh]).toEqual([
      -1,
      -1,
      0x44332211,
      0x88776655 | 0,
    ])
  })

  test('LGDT and far pointers: the operand size is the effective one, the size of memory is in sizes', () => {
    const load = decoded('66 0F 01 10', 32)
    expect([load.operandSize, load.sizes[0]]).toEqual([2, 6])
    expect(decoded('0F 01 10', 64).sizes[0]).toBe(10)
    expect(decoded('EA 00 00 00 00 08 00', 32).operandSize).toBe(4)
    expect(decoded('EA 00 7C 00 00', 16).operandSize).toBe(2)
    const indirect = decoded('FF 28', 32)
    expect([indirect.operation, indirect.operandSize, indirect.sizes[0]]).toEqual([Operation.JmpFar, 4, 6])
  })

  test('MOVZX: the operand size is that of the destination', () => {
    const extend = decoded('0F B6 08', 32)
    expect([extend.operandSize, extend.sizes[0], extend.sizes[1]]).toEqual([4, 4, 1])
  })

  test('a record used before does not leak into the next decode', () => {
    const instruction = new Instruction()
    expect(decodeInto(bytesOf('F0 64 48 83 44 88 10 05'), 0, 8, 64, instruction)).toBe(DecodeStatus.Ok)
    expect(decodeInto(bytesOf('40'), 0, 1, 32, instruction)).toBe(DecodeStatus.Ok)
    const { lock, base, index, displacement, segment, operandSize, operandCount } = instruction
    expect({ lock, base, index, displacement, segment, operandSize, operandCount }).toEqual({
      lock: 0,
      base: -1,
      index: -1,
      displacement: 0,
      segment: 3,
      operandSize: 4,
      operandCount: 1,
    })
  })
})
