import { expect, test } from 'vitest'
import type { VirtualMachine, VmOptions } from '../../src/index.ts'
import {
  biosImage,
  clearEax,
  cmosRead,
  cmosWrite,
  copyToItself,
  debugExit,
  exitWithEax,
  ifAl,
  loadAl,
  out8,
  pciWrite8,
  setDs,
  store8,
  type Code16,
} from '../support/bios-program.ts'
import { mib, smallHost } from '../support/machines.ts'

function firmwareMachine(code: Code16, options: Partial<VmOptions> = {}): VirtualMachine {
  return smallHost().createVm({ memory: 2 * mib, firmware: { bios: biosImage(...code) }, ...options })
}

const exitOf = (code: Code16, options: Partial<VmOptions> = {}) => firmwareMachine(code, options).run()

test('firmware runs from the reset vector', async () => {
  expect(await exitOf([debugExit(7)])).toEqual({ reason: 'debug-exit', value: 7 })
})

// Oracle: 82441FX data sheet, section 3.2.14: which of ROM and memory answers; SDM vol. 3, 9.1.4: the first address.
test('the BIOS is ROM until the host bridge shadows it, and again after a reset of the machine', async () => {
  const probe: Code16 = [setDs(0xf000), store8(0x8000, 0x5a), clearEax, loadAl(0x8000)]
  expect(await exitOf([probe, exitWithEax])).toEqual({ reason: 'debug-exit', value: 0 })
  // Writes pass to memory while reads, and the code that runs, are ROM's: so a BIOS copies itself, then turns reads over.
  const copy: Code16 = [pciWrite8(0, 0x59, 0x20), copyToItself(0xf000)]
  const first: Code16 = [copy, pciWrite8(0, 0x59, 0x30), probe, exitWithEax]
  expect(await exitOf(first)).toEqual({ reason: 'debug-exit', value: 0x5a })
  // In CMOS: what was seen the time before.
  const again = [
    cmosRead(0x40),
    ifAl(1, [probe, exitWithEax]),
    cmosWrite(0x40, 1),
    copy,
    pciWrite8(0, 0x59, 0x30),
    probe,
  ]
  expect(await exitOf([again, out8(0xcf9, 6)])).toEqual({ reason: 'debug-exit', value: 0 })
})

const resets: Record<string, Code16> = {
  'port 92h': out8(0x92, 1),
  'the keyboard controller': out8(0x64, 0xfe),
  'port CF9h without SRST': out8(0xcf9, 4),
}

// Oracle: the AT's convention of the shutdown byte, CMOS 0Fh (IBM PC/AT Technical Reference, BIOS listing, SHUT0..SHUTA).
test.each(Object.entries(resets))('after a shutdown byte %s resets the processor alone', async (_, reset) => {
  const code = [cmosRead(0x0f), ifAl(0x0a, [setDs(0), clearEax, loadAl(0x500), exitWithEax])]
  const first = [setDs(0), store8(0x500, 0x77), cmosWrite(0x0f, 0x0a), reset]
  const vm = firmwareMachine([code, first], { onReset: 'stop' })
  expect(await vm.run()).toEqual({ reason: 'debug-exit', value: 0x77 })
})

test('after a shutdown byte three faults in a row reset the processor', async () => {
  const code = [cmosRead(0x0f), ifAl(5, [debugExit(5)]), cmosWrite(0x0f, 5)]
  // LIDT of an empty table, then INT3.
  const dies = [0x2e, 0x0f, 0x01, 0x1e, 0x00, 0xf0, 0xcc]
  expect(await exitOf([code, dies])).toEqual({ reason: 'debug-exit', value: 5 })
})

test('a reset without a shutdown byte is one of the machine, and memory stays for firmware to look at', async () => {
  const code = [setDs(0), clearEax, loadAl(0x500), ifAl(0x77, [exitWithEax]), store8(0x500, 0x77), out8(0x64, 0xfe)]
  const vm = firmwareMachine(code)
  const causes: string[] = []
  vm.on('reset', ({ cause }) => causes.push(cause))
  expect(await vm.run()).toEqual({ reason: 'debug-exit', value: 0x77 })
  expect(causes).toEqual(['keyboard-controller'])
  expect(await exitOf(code, { onReset: 'stop' })).toEqual({ reason: 'reset', cause: 'keyboard-controller' })
})

test('the reset button of a machine that was off starts it with empty memory', async () => {
  const code = [setDs(0), clearEax, loadAl(0x500), [0x66, 0x50], store8(0x500, 0x77), [0x66, 0x58], exitWithEax]
  const vm = firmwareMachine(code)
  expect(await vm.run()).toMatchObject({ value: 0 })
  vm.reset()
  expect(await vm.run()).toMatchObject({ value: 0 })
})
