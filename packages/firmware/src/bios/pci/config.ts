import type { Ports } from '../ports.ts'

/** Configuration mechanism #1 (PCI Local Bus Specification 2.3, section 3.2.2.3). */
const ADDRESS_PORT = 0xcf8
const DATA_PORT = 0xcfc
const ENABLE = 0x8000_0000

export const PciRegister = {
  VENDOR: 0x00,
  DEVICE: 0x02,
  COMMAND: 0x04,
  REVISION: 0x08,
  HEADER_TYPE: 0x0e,
  BAR0: 0x10,
  INTERRUPT_LINE: 0x3c,
  INTERRUPT_PIN: 0x3d,
} as const

const MULTIFUNCTION = 0x80
const NOBODY = 0xffff
const DEVICES = 32
const FUNCTIONS = 8

/** A function of bus 0 as PCI BIOS names it: device in bits 3-7, function in bits 0-2. */
export type DeviceFunction = number

function select(ports: Ports, bus: number, deviceFunction: DeviceFunction, register: number): void {
  ports.out32(ADDRESS_PORT, (ENABLE | (bus << 16) | (deviceFunction << 8) | (register & 0xfc)) >>> 0)
}

export function readPci8(ports: Ports, bus: number, deviceFunction: DeviceFunction, register: number): number {
  select(ports, bus, deviceFunction, register)
  return ports.in8(DATA_PORT + (register & 3))
}

export function readPci16(ports: Ports, bus: number, deviceFunction: DeviceFunction, register: number): number {
  select(ports, bus, deviceFunction, register)
  return ports.in16(DATA_PORT + (register & 2))
}

export function readPci32(ports: Ports, bus: number, deviceFunction: DeviceFunction, register: number): number {
  select(ports, bus, deviceFunction, register)
  return ports.in32(DATA_PORT)
}

export function writePci8(
  ports: Ports,
  bus: number,
  deviceFunction: DeviceFunction,
  register: number,
  value: number,
): void {
  select(ports, bus, deviceFunction, register)
  ports.out8(DATA_PORT + (register & 3), value)
}

export function writePci16(
  ports: Ports,
  bus: number,
  deviceFunction: DeviceFunction,
  register: number,
  value: number,
): void {
  select(ports, bus, deviceFunction, register)
  ports.out16(DATA_PORT + (register & 2), value)
}

export function writePci32(
  ports: Ports,
  bus: number,
  deviceFunction: DeviceFunction,
  register: number,
  value: number,
): void {
  select(ports, bus, deviceFunction, register)
  ports.out32(DATA_PORT, value)
}

/** The functions that are there, in order; bus 0 is the only one. */
export function* pciFunctions(ports: Ports): Generator<DeviceFunction> {
  for (let device = 0; device < DEVICES; device += 1) {
    const first = device << 3
    if (readPci16(ports, 0, first, PciRegister.VENDOR) === NOBODY) continue
    yield first
    if ((readPci8(ports, 0, first, PciRegister.HEADER_TYPE) & MULTIFUNCTION) === 0) continue
    for (let number = 1; number < FUNCTIONS; number += 1) {
      if (readPci16(ports, 0, first | number, PciRegister.VENDOR) !== NOBODY) yield first | number
    }
  }
}
