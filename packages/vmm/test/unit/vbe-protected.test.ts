// Oracle: the Bochs registers and the DAC after each call, for what VBE 3.0, section 4.13 says of the call's registers.
import { expect, test } from 'vitest'
import { FakePc } from '@mica-vm/firmware/testing'
import { in8, out16, out8, storeEax, debugExit, type Code } from '../support/guest-program.ts'
import { machine, smallHost } from '../support/machines.ts'

/** The table that INT 10h, AX=4F0Ah tells of. */
function vbeTable(): number[] {
  const pc = new FakePc()
  pc.call(0x10, { eax: 0x4f0a })
  const at = pc.cpu.es * 16 + (pc.cpu.edi & 0xffff)
  return [...pc.memory.bytes.subarray(at, at + (pc.cpu.ecx & 0xffff))]
}

const dispi = (index: number, value: number): Code => [out16(0x1ce, index), out16(0x1cf, value)]
/** Sends a word of the Bochs registers to the debug console. */
const sendDispi = (index: number): Code => [
  out16(0x1ce, index),
  // mov dx,1CFh; in ax,dx; out E9h,al; shr ax,8; out E9h,al
  ...[0x66, 0xba, 0xcf, 0x01, 0x66, 0xed, 0xe6, 0xe9, 0x66, 0xc1, 0xe8, 0x08, 0xe6, 0xe9],
]
const sendColor = (index: number): Code => [out8(0x3c7, index), [0, 1, 2].map(() => [in8(0x3c9), 0xe6, 0xe9])]

const u32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** CALL of an entry of the table, which lies at the code's beginning, behind a jump; registers are EBX, ECX, EDX. */
function program(table: readonly number[]): Code {
  const code: number[] = [0xe9, ...u32(table.length), ...table]
  const append = (part: Code): void => void code.push(...(part.flat(9) as number[]))
  const call = (entry: number, ebx: number, ecx: number, edx: number): void => {
    append([0xbb, u32(ebx), 0xb9, u32(ecx), 0xba, u32(edx)])
    const target = 5 + table[2 * entry]! + table[2 * entry + 1]! * 256
    append([0xe8, u32((target - (code.length + 5)) >>> 0)])
    // mov ax's low byte to the console: 4Fh.
    append([0xe6, 0xe9])
  }
  // mov esp,180000h
  append([0xbc, u32(0x18_0000), dispi(4, 0), dispi(1, 640), dispi(2, 480), dispi(3, 16), dispi(4, 1), dispi(6, 1024)])
  call(0, 0, 0, 3)
  append(sendDispi(5))
  // Line 10, pixel 6, of lines that are 1024 pixels long: 10 * 2048 + 12 bytes, in double words.
  call(1, 0, 20_492 / 4, 0)
  append([sendDispi(8), sendDispi(9)])
  // Two colours at 170000h: blue, green, red, nothing.
  append([
    0xb8,
    u32(0x0011_2233),
    storeEax(0x17_0000),
    0xb8,
    u32(0x0004_0506),
    storeEax(0x17_0004),
    0xbf,
    u32(0x17_0000),
  ])
  call(2, 0, 2, 40)
  append([sendColor(40), sendColor(41), debugExit(0)])
  return code
}

test('the 32-bit functions set window, first pixel and colours', async () => {
  const vm = machine([program(vbeTable())], { screen: 'vga' }, smallHost())
  const output: number[] = []
  vm.on('debug', ({ byte }) => output.push(byte))
  await vm.run()
  expect(output).toEqual([0x4f, 3, 0, 0x4f, 6, 0, 10, 0, 0x4f, 0x11, 0x22, 0x33, 4, 5, 6])
})
