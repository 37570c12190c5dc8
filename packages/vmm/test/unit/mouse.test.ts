// Oracle: the PS/2 mouse's packets (IBM PS/2 Technical Reference, keyboard and auxiliary device controller).
import { expect, test } from 'vitest'
import type { DeviceContext } from '../../src/index.ts'
import { mib, smallHost } from '../support/machines.ts'

test('what the host does with the mouse comes to the guest as packets', () => {
  let bus: DeviceContext['bus'] | undefined
  const vm = smallHost().createVm({
    memory: 2 * mib,
    firmware: { bios: new Uint8Array(65_536) },
    devices: [(context) => void (bus = context.bus)],
  })
  const command = (value: number): void => bus!.writePort(0x64, 1, value)
  const received = (): number[] => {
    const bytes: number[] = []
    // Full, and from the mouse: bits 0 and 5.
    while ((bus!.readPort(0x64, 1) & 0x21) === 0x21) bytes.push(bus!.readPort(0x60, 1))
    return bytes
  }
  command(0xa8)
  command(0xd4)
  bus!.writePort(0x60, 1, 0xf4)
  expect(received()).toEqual([0xfa])
  vm.mouse.move({ dx: 5, dy: -3, buttons: 1 })
  // Bit 3 is always set; bit 5 is the sign of Y, which grows upwards.
  expect(received()).toEqual([0x29, 5, 0xfd])
  vm.mouse.move({ buttons: 2 })
  expect(received()).toEqual([0x0a, 0, 0])
  vm.destroy()
})
