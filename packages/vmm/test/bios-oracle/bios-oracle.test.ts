// Oracle: SeaBIOS under QEMU, asked by the same diskette. Where the two are meant to differ, `deviations` says why.
import { beforeAll, describe, expect, test } from 'vitest'
import { callData, calls, type ComparedCall } from './calls.ts'
import { haveQemu, outputUnderMica, outputUnderSeaBios } from './machines.ts'
import { type Answer, probeImage, readReport, type Report } from './probe.ts'

/** Calls whose answers differ, and what Mica follows instead. */
const deviations: Readonly<Record<string, string>> = {
  'device busy': 'AH=0 with CF=0, as the AT and PS/2 references have it; SeaBIOS leaves AH',
  type: 'AH=2: the drive has a change line, which AH=16h reads; SeaBIOS says that it has none',
  'no second drive: type': 'AH=0 and CF=0 mean "no drive" (IBM); SeaBIOS fails the call',
  'no second disk: type': 'AH=0 and CF=0 mean "no drive" (IBM); SeaBIOS fails the call',
  'disk: parameters': 'the last cylinder is not kept for diagnostics, as the AT did and SeaBIOS does',
  'disk: type': 'the same: all sectors that CHS reaches count',
  'VBE: window': 'AX=034Fh, not there in a linear mode (VBE 3.0, section 4.8); SeaBIOS forgets the 4Fh',
  'VBE: where the window is': 'AX=034Fh, not there in a linear mode (VBE 3.0, section 4.8); SeaBIOS forgets the 4Fh',
}

/**
 * Parts of the data area that both keep: serial ports, EBDA, equipment, memory, keyboard, video, drives. Not compared: time, the floppy
 * controller's own results (Mica's services need none), timeouts of ports that are not there, what IBM reserves.
 */
const dataRanges: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x08],
  [0x0e, 0x3e],
  [0x49, 0x65],
  [0x74, 0x76],
  [0x80, 0x8b],
  [0x8f, 0x91],
  [0x96, 0x98],
]

const diskBytes = 40 * 2 ** 20

function numberedDisk(): Uint8Array {
  const disk = new Uint8Array(diskBytes)
  const view = new DataView(disk.buffer)
  for (let at = 0; at < diskBytes; at += 512) view.setUint32(at, 0xd15c_0000 + at / 512, true)
  return disk
}

/** The parts of an answer that are compared. */
function seen({ registers, carry, zero, buffer }: Answer, { compare }: ComparedCall): object {
  const masked = Object.entries(compare.registers ?? {}).map(([name, mask]) => {
    const value = registers[name as keyof typeof registers]
    return [name, ((value & mask) >>> 0).toString(16)]
  })
  return {
    ...Object.fromEntries(masked),
    ...(compare.carry && { carry }),
    ...(compare.zero && { zero }),
    buffer: Buffer.from(buffer.subarray(0, compare.bufferBytes ?? 0)).toString('hex'),
  }
}

describe.skipIf(!haveQemu())('the BIOS answers as SeaBIOS does', () => {
  const floppy = probeImage(calls, callData)
  const disk = numberedDisk()
  let seaBios: Report
  let mica: Report

  beforeAll(async () => {
    seaBios = readReport(outputUnderSeaBios(floppy, disk), calls)
    mica = readReport(await outputUnderMica(floppy, disk, 'auto'), calls)
  })

  test.each(calls.map((call, index) => [call.name, index] as const))('%s', (name, index) => {
    const call = calls[index]!
    const [theirs, ours] = [seen(seaBios.answers[index]!, call), seen(mica.answers[index]!, call)]
    if (name in deviations) expect(ours, 'a deviation that is none any more').not.toEqual(theirs)
    else expect(ours).toEqual(theirs)
  })

  test.each(dataRanges)('data area from %i to %i', (from, to) => {
    expect([...mica.dataArea.subarray(from, to)]).toEqual([...seaBios.dataArea.subarray(from, to)])
  })
})

test('both engines send the same', async () => {
  const floppy = probeImage(calls, callData)
  const disk = numberedDisk()
  const outputs = await Promise.all(
    (['interpreter', 'translator'] as const).map((engine) => outputUnderMica(floppy, disk, engine)),
  )
  expect(outputs[0]).toEqual(outputs[1])
})

test('every deviation names a call', () => {
  const names = calls.map(({ name }) => name)
  for (const name of Object.keys(deviations)) expect(names).toContain(name)
  expect(new Set(names).size).toBe(names.length)
})
