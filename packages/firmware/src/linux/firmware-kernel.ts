import { FirmwareError, hex } from '../errors.ts'
import { LittleEndian } from '../little-endian.ts'
import { BOOT_PARAMS_BASE, COMMAND_LINE_BASE, HIGH_START, PAGE } from '../memory/layout.ts'
import { encodeCommandLine } from './command-line.ts'
import { buildKernelRom } from './option-rom.ts'
import { parseSetupHeader, Setup, UNDEFINED_LOADER } from './setup-header.ts'

/** Keys of fw_cfg (QEMU's documentation). */
const Key = { KERNEL: 0x11, INITRD: 0x12, COMMAND_LINE: 0x15, SETUP: 0x18 } as const
/** End of heap and stack in the segment of the real-mode part, as the boot protocol's example has it. */
const HEAP_END = 0xe000
const HEAP_END_PTR = 0x224
/** Heap ends are told less this. */
const HEAP_BIAS = 0x200
const CAN_USE_HEAP = 0x80
/** What firmware keeps for itself at the top of memory, tables and all. */
const FIRMWARE_TOP = 0x10_0000

export interface FirmwareKernelOptions {
  /** A bzImage, protocol 2.02 or later. */
  readonly kernel: Uint8Array
  readonly initrd?: Uint8Array
  readonly commandLine?: string
  /** Of memory, from address 0. */
  readonly ramBytes: number
}

/** A Linux kernel in parts, as fw_cfg hands it to firmware, and the option ROM by which firmware boots it. */
export interface FirmwareKernel {
  readonly setup: Uint8Array
  readonly setupAddress: number
  readonly kernel: Uint8Array
  readonly kernelAddress: number
  readonly initrd: Uint8Array
  readonly initrdAddress: number
  readonly commandLine: string
  readonly commandLineAddress: number
  readonly optionRom: Uint8Array
}

/**
 * Prepares a kernel for the 16-bit boot protocol (kernel documentation, arch/x86/boot): firmware starts it, so it asks firmware
 * for memory map, video modes and disks.
 * @throws FirmwareError when the kernel or the initrd cannot be booted in this memory.
 */
export function buildFirmwareKernel(options: FirmwareKernelOptions): FirmwareKernel {
  const { kernel: image, initrd = new Uint8Array(0), commandLine = '', ramBytes } = options
  const { code, initBytes, initrdMax, commandLineLimit } = parseSetupHeader(image)
  const line = encodeCommandLine(commandLine, commandLineLimit)
  if (HIGH_START + initBytes > ramBytes - FIRMWARE_TOP) throw doesNotFit('the kernel', initBytes, ramBytes)
  const initrdEnd = Math.min(initrdMax + 1, ramBytes - FIRMWARE_TOP)
  const initrdAddress = initrd.length === 0 ? 0 : Math.floor((initrdEnd - initrd.length) / PAGE) * PAGE
  if (initrd.length > 0 && initrdAddress < HIGH_START + initBytes)
    throw doesNotFit('the initrd', initrd.length, ramBytes)

  const setup = new LittleEndian(image.length - code.length)
  setup.copy(0, image.subarray(0, setup.bytes.length))
  setup.u8(Setup.TYPE_OF_LOADER, UNDEFINED_LOADER)
  setup.u8(Setup.LOADFLAGS, setup.bytes[Setup.LOADFLAGS]! | CAN_USE_HEAP)
  setup.u32(Setup.RAMDISK_IMAGE, initrdAddress)
  setup.u32(Setup.RAMDISK_SIZE, initrd.length)
  setup.u16(HEAP_END_PTR, HEAP_END - HEAP_BIAS)
  setup.u32(Setup.CMD_LINE_PTR, COMMAND_LINE_BASE)
  const optionRom = buildKernelRom({
    segment: BOOT_PARAMS_BASE / 16,
    stack: HEAP_END,
    items: [
      { key: Key.SETUP, bytes: setup.bytes.length, address: BOOT_PARAMS_BASE },
      { key: Key.COMMAND_LINE, bytes: line.length, address: COMMAND_LINE_BASE },
      { key: Key.KERNEL, bytes: code.length, address: HIGH_START },
      ...(initrd.length > 0 ? [{ key: Key.INITRD, bytes: initrd.length, address: initrdAddress }] : []),
    ],
  })
  return {
    setup: setup.bytes,
    setupAddress: BOOT_PARAMS_BASE,
    kernel: code,
    kernelAddress: HIGH_START,
    initrd,
    initrdAddress,
    commandLine,
    commandLineAddress: COMMAND_LINE_BASE,
    optionRom,
  }
}

function doesNotFit(what: string, bytes: number, ramBytes: number): FirmwareError {
  return new FirmwareError({ kind: 'does-not-fit', what, bytes, where: `the RAM below ${hex(ramBytes)}` })
}
