// Oracles: VBE 3.0, sections 4.5 and 4.14; VBE/DDC 1.1; edid-decode, which checks what the screen says of itself against VESA's standards.
import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, test } from 'vitest'
import { outputUnderMica } from './machines.ts'
import { dataAt, probeImage, readReport, type Answer, type Call } from './probe.ts'

const hasEdidDecode = spawnSync('edid-decode', ['--help']).error === undefined

/** A CRTC information block: totals and syncs, pixel clock. */
function timing(horizontal: readonly number[], vertical: readonly number[], clockHz: number): number[] {
  const block = new DataView(new ArrayBuffer(64))
  ;[...horizontal, ...vertical].forEach((value, index) => block.setUint16(2 * index, value, true))
  block.setUint32(13, clockHz, true)
  return [...new Uint8Array(block.buffer)]
}
/** 1024 x 768 at 75 Hz (VESA DMT), and what no screen could show. */
const timings = [
  timing([1312, 1040, 1136], [800, 769, 772], 78_750_000),
  timing([1000, 1040, 1136], [800, 769, 772], 78_750_000),
  timing([1312, 1040, 1136], [800, 772, 772], 78_750_000),
  timing([1312, 1040, 1136], [800, 769, 772], 0),
  timing([1312, 1040, 1136], [800, 769, 772], 300_000_000),
]

const vbe = (ax: number, registers: Call['registers'] = {}): Call => ({
  name: `AX=${ax.toString(16)}`,
  vector: 0x10,
  registers: { eax: ax, ...registers },
})
const named: Readonly<Record<string, Call>> = {
  capabilities: vbe(0x4f15),
  'another unit': vbe(0x4f15, { ecx: 1 }),
  edid: vbe(0x4f15, { ebx: 1 }),
  'a block that is not there': vbe(0x4f15, { ebx: 1, edx: 1 }),
  'no such subfunction': vbe(0x4f15, { ebx: 2 }),
  'a clock': vbe(0x4f0b, { ecx: 65_000_000, edx: 0x105 }),
  'the highest clock': vbe(0x4f0b, { ecx: 0xffff_ffff, edx: 0x105 }),
  'a clock of no mode': vbe(0x4f0b, { ecx: 65_000_000, edx: 0x1ee }),
  'mode information': vbe(0x4f01, { ecx: 0x105 }),
  ...Object.fromEntries(
    timings.map((_, index) => [`timing ${index}`, vbe(0x4f02, { ebx: 0x4905, edi: dataAt + index * 64, es: 0 })]),
  ),
}

describe('the BIOS and the screen', () => {
  const answers = new Map<string, Answer>()
  const ax = (name: string): number => answers.get(name)!.registers.eax & 0xffff

  beforeAll(async () => {
    const calls = Object.values(named)
    const image = probeImage(calls, timings.flat())
    const report = readReport(await outputUnderMica(image, new Uint8Array(2 ** 20), 'auto'), calls)
    Object.keys(named).forEach((name, index) => answers.set(name, report.answers[index]!))
  })

  test('the display data channel is DDC2, and has one block of one unit', () => {
    expect([ax('capabilities'), answers.get('capabilities')!.registers.ebx & 0xff]).toEqual([0x004f, 2])
    expect(ax('edid')).toBe(0x004f)
    for (const name of ['another unit', 'a block that is not there', 'no such subfunction'])
      expect(ax(name)).toBe(0x014f)
  })

  test('the screen likes 1024 x 768 at 60 Hz best', () => {
    const { buffer } = answers.get('edid')!
    expect([...buffer.subarray(0, 8)]).toEqual([0, 255, 255, 255, 255, 255, 255, 0])
    expect(buffer.reduce((sum, byte) => (sum + byte) & 0xff, 0)).toBe(0)
    const [low = 0, high = 0, width = 0, , uppers = 0, height = 0, , heights = 0] = buffer.subarray(54)
    expect([(low + high * 256) / 100, width + (uppers >> 4) * 256, height + (heights >> 4) * 256]).toEqual([
      65, 1024, 768,
    ])
  })

  test.skipIf(!hasEdidDecode)('the identification keeps to the standard', () => {
    const { stdout, status } = spawnSync('edid-decode', ['--check'], { input: answers.get('edid')!.buffer })
    expect(stdout.toString()).toMatch(/EDID conformity: PASS/)
    expect(stdout.toString()).toMatch(/DMT 0x10: +1024x768 +60\.00\d+ Hz/)
    expect(status).toBe(0)
  })

  test('any pixel clock up to the highest can be had, for modes that are there', () => {
    const clock = (name: string): number => answers.get(name)!.registers.ecx >>> 0
    expect([ax('a clock'), clock('a clock')]).toEqual([0x004f, 65_000_000])
    const highest = new DataView(answers.get('mode information')!.buffer.buffer).getUint32(62, true)
    expect([ax('the highest clock'), clock('the highest clock')]).toEqual([0x004f, highest])
    expect(highest).toBeGreaterThan(162_000_000)
    expect(ax('a clock of no mode')).toBe(0x014f)
  })

  test('a mode with a timing of its own is set if a screen could show it', () => {
    expect(timings.map((_, index) => ax(`timing ${index}`))).toEqual([0x004f, 0x014f, 0x014f, 0x014f, 0x014f])
  })
})
