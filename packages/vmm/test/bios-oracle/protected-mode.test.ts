// Oracle: SeaBIOS under QEMU, whose INT 15h, AH=89h the same diskette calls.
import { describe, expect, test } from 'vitest'
import { assemble } from '../system-oracle/assembler/assembler.ts'
import { descriptor } from '../system-oracle/layout.ts'
import { haveQemu, outputUnderMica, outputUnderSeaBios } from './machines.ts'

const origin = 0x7c00
const idt = 0x1000
const [code16, data16] = [0x9b, 0x93]
const segment = (base: number, limit: number, rights: number): string =>
  `dd ${descriptor(base, limit, rights).join(', ')}`

/** Sends EAX. */
const send = 'call send\n'
const sending = `send: push dx; mov dx, 0xe9
  ${'out dx, al; shr eax, 8\n'.repeat(4)} pop dx; ret\n`
const show = (register: string): string => `mov eax, 0; mov ax, ${register}; ${send}`

/** Vectors 58h and 50h for IRQ 0 and IRQ 8: the handler of the first says so. */
const program = `
  cli
  mov ax, 0; mov ds, ax; mov es, ax; mov ss, ax; mov sp, 0x7a00
  mov dword [${idt + 0x58 * 8}], 0x00300000; mov dword [${idt + 0x58 * 8 + 4}], 0x00008600
  mov word [${idt + 0x58 * 8}], tick
  mov si, table
  mov ax, 0x8900; mov bx, 0x5058; mov ecx, 0x1234cccc; mov edx, 0x5678dddd; mov edi, 0x11112222
  int 0x15
behind:
  pushf
  shr ax, 8; mov bp, ax
  pop ax; and ax, 0x201; push ax
  mov eax, 0; mov ax, bp; ${send}
  mov eax, 0; pop ax; ${send}
  mov eax, ecx; ${send} mov eax, edx; ${send} mov eax, edi; ${send}
  ${show('bx')}${show('cs')}${show('ds')}${show('es')}${show('ss')}${show('sp')}
  smsw ax; and ax, 1; mov bp, ax; ${show('bp')}
  mov eax, 0; in al, 0x21; ${send} mov eax, 0; in al, 0xa1; ${send}
  mov al, 0x34; out 0x43, al; mov al, 0; out 0x40, al; mov al, 0x10; out 0x40, al
  mov al, 0xfe; out 0x21, al
  sti
sleep: jmp short sleep
tick:
  mov eax, 0x4b434954; ${send}
  mov al, 0; out 0xf4, al
  cli
  hlt
${sending}
table:
  dd 0, 0
  dw 0x3f, table, 0, 0
  dw 0x7ff, ${idt}, 0, 0
  ${segment(0x10, 0xffff, data16)}
  ${segment(0x20, 0xffff, data16)}
  ${segment(0, 0xffff, data16)}
  ${segment(0, 0xffff, code16)}
  dd 0xffffffff, 0xffffffff
`

function diskette(): Uint8Array {
  const image = new Uint8Array(1440 * 1024)
  const { bytes } = assemble(program, { origin, bits: 16 })
  expect(bytes.length).toBeLessThanOrEqual(510)
  image.set(bytes)
  image.set([0x55, 0xaa], 510)
  return image
}

const disk = new Uint8Array(2 ** 20)
const wordsAtEnd = 15
const words = (output: Uint8Array): string[] => {
  const report = output.slice(-4 * wordsAtEnd)
  return [...new Uint32Array(report.buffer)].map((word) => word.toString(16))
}
/** AH, CF and IF, the registers that stay; CS, DS, ES, SS, SP, PE; masks of the controllers; the handler's word. */
const expected = [
  ...['0', '0', '1234cccc', '5678dddd', '11112222', '5058', '30', '18', '20', '28', '7a00', '1', 'fb', 'ff'],
  '4b434954',
]

describe('INT 15h, AH=89h goes on in protected mode', () => {
  test.each(['interpreter', 'translator'] as const)('by the %s', async (engine) => {
    expect(words(await outputUnderMica(diskette(), disk, engine))).toEqual(expected)
  })

  test.skipIf(!haveQemu())('as by SeaBIOS', () => {
    expect(words(outputUnderSeaBios(diskette(), disk))).toEqual(expected)
  })
})
