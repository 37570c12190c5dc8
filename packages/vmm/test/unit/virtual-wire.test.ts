// Oracle: SDM vol. 3, 11.4.7.3: INIT leaves the local APIC as power-up does, its LINT0 masked; the AT's ticks go on all the same.
import { expect, test } from 'vitest'
import { MemoryBlockStore } from '../../src/index.ts'
import { mib, smallHost } from '../support/machines.ts'
import { assemble } from '../system-oracle/assembler/assembler.ts'

/** A diskette that has the processor reset by the keyboard controller, goes on where CMOS says, and waits for a tick. */
function diskette(): MemoryBlockStore {
  const { bytes } = assemble(
    `
    cli
    mov ax, 0; mov ds, ax; mov ss, ax; mov sp, 0x7000
    mov word [0x467], resumed; mov word [0x469], 0
    mov al, 0x8f; out 0x70, al; mov al, 0x0a; out 0x71, al
    mov al, 0xfe; out 0x64, al
    hlt
    resumed: mov ax, 0; mov ds, ax; mov ss, ax; mov sp, 0x7000
    sti
    mov ecx, [0x46c]
    same: hlt; cmp ecx, [0x46c]; jz short same
    mov al, 0x2a; out 0xf4, al
    hlt
  `,
    { origin: 0x7c00, bits: 16 },
  )
  const image = new Uint8Array(1440 * 1024)
  image.set(bytes)
  image.set([0x55, 0xaa], 510)
  return new MemoryBlockStore(image)
}

test("Mica's BIOS lets the 8259s' interrupts through again after INIT", async () => {
  const media = { floppies: [diskette()] }
  const vm = smallHost().createVm({
    memory: 2 * mib,
    media,
    clock: 'instructions',
    // Without ticks it would sleep for ever.
    devices: [({ timers }) => void timers.schedule(2e9, () => vm.powerOff())],
  })
  expect(await vm.run()).toMatchObject({ reason: 'debug-exit', value: 0x2a })
  vm.destroy()
})
