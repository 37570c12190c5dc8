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
  out16,
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

/** Suspends; woken up, goes on at the reset vector with the chip set's mark in CMOS, and looks at memory. */
const suspender: Code16 = [
  [cmosRead(0x0f), ifAl(0xfe, [setDs(0), clearEax, loadAl(0x500), exitWithEax])],
  [setDs(0), store8(0x500, 0x77)],
  // An alarm each second, enabled in clock and chip set.
  [...[1, 3, 5].map((register) => cmosWrite(register, 0xc0)), cmosWrite(0x0b, 0x22), out16(0x602, 0x0400)],
  out16(0x604, 0x2400),
]

// Oracle: ACPI 7.4.2.3 (S3: memory is kept, the processor begins at its reset vector), 16.3 (firmware goes on from there).
test('a suspended machine is woken up by its alarm, with its memory', async () => {
  const vm = firmwareMachine(suspender, { clock: 'instructions' })
  const seen: unknown[] = []
  vm.on('suspend', () => seen.push('suspend'))
  vm.on('wake', (event) => seen.push(event))
  expect(await vm.run()).toEqual({ reason: 'debug-exit', value: 0x77 })
  expect(seen).toEqual(['suspend', { by: 'alarm' }])
  expect(vm.timeNs).toBeGreaterThan(1e6)
})

test.each<[string, (vm: VirtualMachine) => void]>([
  ['power-button', (vm) => vm.pressPowerButton()],
  ['keyboard', (vm) => vm.keyboard.press('Enter')],
  ['host', (vm) => vm.wake()],
])('a suspended machine is woken up: %s', async (by, wake) => {
  const vm = firmwareMachine([suspender.slice(0, 2), out16(0x604, 0x2400)])
  const woken: unknown[] = []
  vm.on('suspend', () => setTimeout(() => wake(vm), 5))
  vm.on('wake', (event) => woken.push(event))
  expect(await vm.run()).toEqual({ reason: 'debug-exit', value: 0x77 })
  expect(woken).toEqual([{ by }])
})

test('a suspended machine can be paused, run again, and switched off', async () => {
  const vm = firmwareMachine([suspender.slice(0, 2), out16(0x604, 0x2400)])
  vm.on('suspend', () => setTimeout(() => void vm.pause(), 5))
  expect(await vm.run()).toEqual({ reason: 'paused' })
  const run = vm.run()
  setTimeout(() => vm.powerOff(), 5)
  expect(await run).toEqual({ reason: 'powered-off', by: 'host' })
})

// Oracle: the 8254 divides 1.193182 MHz; port 61h, bits 0 and 1, let counter 2 drive the speaker (IBM PC/AT Technical Reference).
test('the speaker is heard as an event', async () => {
  const tone: Code16 = [out8(0x43, 0xb6), out8(0x42, 0xa9), out8(0x42, 0x04), out8(0x61, 3), out8(0x61, 0)]
  const vm = firmwareMachine([tone, debugExit(0)])
  const tones: number[] = []
  vm.on('tone', ({ hz }) => tones.push(Math.round(hz)))
  await vm.run()
  expect(tones).toEqual([Math.round(1_193_182 / 0x4a9), 0])
})
