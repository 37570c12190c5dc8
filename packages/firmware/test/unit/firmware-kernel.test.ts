import { describe, expect, test } from 'vitest'
import { buildFirmwareKernel, FirmwareError } from '../../src/index.ts'
import { bzImage } from '../support/images.ts'

const mib = 2 ** 20

describe('a kernel for firmware to start', () => {
  const image = bzImage()
  const initrd = new Uint8Array(5000).fill(7)
  const kernel = buildFirmwareKernel({ kernel: image, initrd, commandLine: 'quiet', ramBytes: 64 * mib })
  const setup = new DataView(kernel.setup.buffer)

  // Oracle: kernel documentation, arch/x86/boot.rst, "the real-mode kernel header" and "sample boot configuration".
  test('has a header as the 16-bit boot protocol wants it', () => {
    expect(kernel.setup.length + kernel.kernel.length).toBe(image.length)
    expect([setup.getUint8(0x210), setup.getUint8(0x211) & 0x81]).toEqual([0xff, 0x81])
    expect([setup.getUint32(0x218, true), setup.getUint32(0x21c, true)]).toEqual([kernel.initrdAddress, 5000])
    expect([setup.getUint16(0x224, true), setup.getUint32(0x228, true)]).toEqual([0xde00, kernel.commandLineAddress])
    expect(kernel.initrdAddress % 4096).toBe(0)
    expect(kernel.initrdAddress + 5000).toBeLessThanOrEqual(63 * mib)
  })

  // Oracle: Plug and Play BIOS Specification 1.0A, section 3.2: the two headers and their checksums.
  test('comes with an option ROM that can be booted', () => {
    const rom = kernel.optionRom
    const sum = (bytes: Uint8Array): number => bytes.reduce((all, byte) => all + byte, 0) & 0xff
    const view = new DataView(rom.buffer)
    const header = view.getUint16(0x1a, true)
    expect([rom[0], rom[1], rom[2]! * 512, sum(rom)]).toEqual([0x55, 0xaa, rom.length, 0])
    expect(new TextDecoder().decode(rom.subarray(header, header + 4))).toBe('$PnP')
    expect(sum(rom.subarray(header, header + 16 * rom[header + 5]!))).toBe(0)
    const [boot, product] = [view.getUint16(header + 0x1a, true), view.getUint16(header + 0x10, true)]
    expect(rom[boot]).toBe(0xfa)
    expect(new TextDecoder().decode(rom.subarray(product, product + 12))).toBe('Linux kernel')
  })

  // Oracle: QEMU's documentation of fw_cfg: control, length and address of a transfer, big-endian.
  test('whose transfers name every part, and where it goes', () => {
    const { optionRom: rom } = kernel
    const view = new DataView(rom.buffer)
    const expected = [
      [0x18, kernel.setup.length, kernel.setupAddress],
      [0x15, 6, kernel.commandLineAddress],
      [0x11, kernel.kernel.length, kernel.kernelAddress],
      [0x12, 5000, kernel.initrdAddress],
    ]
    const starts = Array.from({ length: rom.length / 16 }, (_, i) => 16 * i)
    const first = starts.find((at) => view.getUint32(at) === ((0x18 << 16) | 10))!
    const transfers = expected.map((_, i) => first + 16 * i)
    expect(transfers.map((at) => view.getUint32(at))).toEqual(expected.map(([key]) => (key! << 16) | 10))
    expect(transfers.map((at) => [view.getUint32(at + 4), view.getUint32(at + 12)])).toEqual(
      expected.map(([, bytes, address]) => [bytes, address]),
    )
  })

  test.each([
    ['an initrd that is too large', { initrd: new Uint8Array(62 * mib) }, /initrd .*does not fit/],
    ['too little memory', { ramBytes: mib }, /kernel .*does not fit/],
    ['a command line that is too long', { commandLine: 'x'.repeat(100_000) }, /command line has 100000 bytes/],
    ['noise', { kernel: new Uint8Array(10_000) }, /not what it should be/],
    ['a kernel that was cut off', { kernel: image.subarray(0, 600) }, /cut short/],
  ])('refuses %s', (_, options, message) => {
    const build = (): unknown => buildFirmwareKernel({ kernel: image, ramBytes: 64 * mib, ...options })
    expect(build).toThrow(FirmwareError)
    expect(build).toThrow(message)
  })
})
