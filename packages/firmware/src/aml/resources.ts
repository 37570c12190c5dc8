import { concatenate } from '../little-endian.ts'
import type { Aml } from './encode.ts'
import { buffer, littleEndian } from './encode.ts'

/** Resource descriptors (ACPI 6.4): which ports, interrupts and addresses a device uses. */
export type Resource = Uint8Array

const SMALL_IRQ_NO_FLAGS = 0x22
const SMALL_IO = 0x47
const SMALL_END = 0x79
const LARGE_DWORD_ADDRESS = 0x87
const LARGE_WORD_ADDRESS = 0x88
const LARGE_EXTENDED_INTERRUPT = 0x89

const AddressType = { Memory: 0, Io: 1, Bus: 2 } as const
/** Producer's window, fixed at both ends, positive decode. */
const WINDOW_FLAGS = 0x0c
const MEMORY_READ_WRITE = 0x01
const IO_ENTIRE_RANGE = 0x03

/** Fixed ports, decoded in all 16 bits. */
export function ports(first: number, count: number): Resource {
  return Uint8Array.of(SMALL_IO, 1, ...littleEndian(first, 2), ...littleEndian(first, 2), 1, count)
}

/** Edge-triggered, active-high ISA interrupts, any of which the device may have. */
export function isaInterrupts(...lines: readonly number[]): Resource {
  return Uint8Array.of(
    SMALL_IRQ_NO_FLAGS,
    ...littleEndian(
      lines.reduce((mask, line) => mask | (1 << line), 0),
      2,
    ),
  )
}

/** Level-triggered, active-high, shared interrupts, any of which the device may have. */
export function levelInterrupts(...lines: readonly number[]): Resource {
  const CONSUMER_SHARED = 0x09
  const body = [CONSUMER_SHARED, lines.length, ...lines.flatMap((line) => littleEndian(line, 4))]
  return Uint8Array.of(LARGE_EXTENDED_INTERRUPT, ...littleEndian(body.length, 2), ...body)
}

/** Where the first interrupt's number stands in a template that begins with `levelInterrupts`. */
export const LEVEL_INTERRUPT_NUMBER_OFFSET = 5

/** A bridge's window of bus numbers, both ends included. */
export function busWindow(first: number, last: number): Resource {
  return wordWindow(AddressType.Bus, 0, first, last)
}

/** A bridge's window of ports, both ends included. */
export function portWindow(first: number, last: number): Resource {
  return wordWindow(AddressType.Io, IO_ENTIRE_RANGE, first, last)
}

/** A bridge's window of memory, both ends included, not cacheable. */
export function memoryWindow(first: number, last: number): Resource {
  return window(LARGE_DWORD_ADDRESS, 4, AddressType.Memory, MEMORY_READ_WRITE, first, last)
}

function wordWindow(type: number, typeFlags: number, first: number, last: number): Resource {
  return window(LARGE_WORD_ADDRESS, 2, type, typeFlags, first, last)
}

function window(tag: number, width: number, type: number, typeFlags: number, first: number, last: number): Resource {
  const fields = [0, first, last, 0, last - first + 1].flatMap((value) => littleEndian(value, width))
  const body = [type, WINDOW_FLAGS, typeFlags, ...fields]
  return Uint8Array.of(tag, ...littleEndian(body.length, 2), ...body)
}

/** ASL's ResourceTemplate: a buffer of descriptors with an end tag (checksum 0: not computed). */
export function resourceTemplate(...resources: readonly Resource[]): Aml {
  return buffer(concatenate(...resources, Uint8Array.of(SMALL_END, 0)))
}
