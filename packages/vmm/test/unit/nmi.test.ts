// Oracle: SDM vol. 3, 11.5.1 (LVT LINT1) and 6.7 (NMI); the AT's mask of NMI, port 70h bit 7 (IBM PC AT Technical Reference).
import { expect, test } from 'vitest'
import { mib, smallHost } from '../support/machines.ts'
import { assemble } from '../system-oracle/assembler/assembler.ts'

const [nmiVector, fixedVector] = [2, 0x61]

interface Situation {
  readonly lint1: number
  readonly index?: number
  readonly waits: 'sti' | 'cli'
  /** Sleeps, or turns in a loop. */
  readonly how?: 'hlt' | 'nop'
}

/** Firmware that says when it is ready, waits a while, and ends with the vector that came, or 0. */
function firmware({ lint1, index = 0x0f, waits, how = 'nop' }: Situation): Uint8Array<ArrayBuffer> {
  const { bytes } = assemble(
    `
    mov ax, 0; mov ds, ax; mov ss, ax; mov sp, 0x7000
    mov word [${nmiVector * 4}], nmi; mov word [${nmiVector * 4 + 2}], 0xf000
    mov word [${fixedVector * 4}], fixed; mov word [${fixedVector * 4 + 2}], 0xf000
    lgdt [cs:gdtr]; mov eax, cr0; or al, 1; mov cr0, eax; mov ax, 8; mov ds, ax; mov ebx, 0xfee00000
    and eax, 0xfffffffe; mov eax, 0x10; mov cr0, eax
    mov dword [ebx+0xf0], 0x1ff; mov dword [ebx+0x360], ${lint1}
    mov al, ${index}; out 0x70, al
    ${waits}
    mov al, 0x52; out 0xe9, al
    ${how}
    mov ecx, 20000
    again: dec ecx; jnz short again
    mov eax, 0; jmp short out
    nmi: mov eax, ${nmiVector}; jmp short out
    fixed: mov eax, ${fixedVector}
    out: mov dx, 0xf4; out dx, eax
    hlt
    gdtr: dw 15, gdt, 15
    gdt: dd 0, 0, 0x0000ffff, 0x00cf9300
  `,
    { origin: 0, bits: 16 },
  )
  const image = new Uint8Array(0x1_0000)
  image.set(bytes)
  image.set([0xea, 0x00, 0x00, 0x00, 0xf0], 0xfff0)
  return image
}

async function arrives(situation: Situation, engine: 'interpreter' | 'translator'): Promise<unknown> {
  const vm = smallHost({ engine }).createVm({
    memory: 2 * mib,
    firmware: { bios: firmware(situation) },
    clock: 'instructions',
  })
  // While it runs, or, for one that sleeps, when it has been for a while.
  const press = (): void => (situation.how === 'hlt' ? void setTimeout(() => vm.raiseNmi(), 5) : vm.raiseNmi())
  vm.on('debug', press)
  const exit = await vm.run()
  vm.destroy()
  return exit.reason === 'debug-exit' ? exit.value : exit.reason
}

test.each<[string, Situation, number]>([
  ['as NMI, whatever IF is', { lint1: 0x400, waits: 'cli' }, nmiVector],
  ['as NMI, whatever vector is written', { lint1: 0x461, waits: 'sti' }, nmiVector],
  ['and wakes a processor that sleeps', { lint1: 0x400, waits: 'cli', how: 'hlt' }, nmiVector],
  ['as a fixed interrupt', { lint1: fixedVector, waits: 'sti' }, fixedVector],
  ['as a fixed interrupt, which waits for IF', { lint1: fixedVector, waits: 'cli' }, 0],
  ['not while the entry is masked', { lint1: 0x1_0400, waits: 'sti' }, 0],
  ['not while port 70h masks it', { lint1: 0x400, index: 0x8f, waits: 'sti' }, 0],
])('the NMI button arrives %s', async (_, situation, vector) => {
  for (const engine of ['interpreter', 'translator'] as const) expect(await arrives(situation, engine)).toBe(vector)
})
