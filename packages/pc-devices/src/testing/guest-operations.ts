import type { AccessSize } from '../types.ts'

/** One thing that a guest or its host does to a platform. */
export type GuestOperation =
  | { kind: 'readPort'; port: number; size: AccessSize }
  | { kind: 'writePort'; port: number; size: AccessSize; value: number }
  | { kind: 'readMmio'; address: number; size: AccessSize | 8 }
  | { kind: 'writeMmio'; address: number; size: AccessSize | 8; value: number }
  | { kind: 'acknowledge' }
  | { kind: 'advance'; ns: number }

/** Where devices live: random operations go there most of the time. */
const PORTS = [
  0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xb2, 0xb3,
  0xe9, 0xf4, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff, 0x2f8, 0x2fa, 0x600, 0x602, 0x604, 0x608, 0x60c,
  0xcf8, 0xcf9, 0xcfb, 0xcfc, 0xcfd, 0xcfe, 0xcff, 0xffff,
]
const APIC_REGISTERS = [
  0x20, 0x80, 0xa0, 0xb0, 0xd0, 0xe0, 0xf0, 0x200, 0x280, 0x300, 0x310, 0x320, 0x350, 0x360, 0x370, 0x380, 0x390, 0x3e0,
]
const SIZES = [1, 2, 4] as const
const CONFIG_SPACE = 0x8000_0000

/**
 * A hostile guest as an endless stream of operations from a seed (mulberry32): ports and addresses of every device, all
 * sizes, values small and large, with time going on in between.
 */
export function* hostileGuest(seed: number): Generator<GuestOperation, never, void> {
  let state = seed >>> 0
  const random = (below: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  const value = (): number => [random(4), random(256), 1 << random(31), random(2 ** 32), 0xffff_ffff][random(5)]! >>> 0
  const address = (): number => {
    const base = [0xfee0_0000 + pick(APIC_REGISTERS), 0xfec0_0000 + 0x10 * random(2), 0xe000_0000, random(2 ** 36)]
    return base[random(4)]! + (random(8) === 0 ? random(16) : 0)
  }
  const configAddress = (): number => CONFIG_SPACE + random(4) * 0x800 + random(4) * 0x100 + random(64) * 4
  for (;;) {
    const kind = random(20)
    const size = pick(SIZES)
    const port = random(12) === 0 ? random(0x1_0000) : pick(PORTS)
    if (kind < 6) yield { kind: 'readPort', port, size }
    else if (kind < 12) yield { kind: 'writePort', port, size, value: value() }
    else if (kind === 12) yield { kind: 'writePort', port: 0xcf8, size: 4, value: configAddress() }
    else if (kind === 13) yield { kind: 'readMmio', address: address(), size: random(5) === 0 ? 8 : size }
    else if (kind < 17) yield { kind: 'writeMmio', address: address(), size: random(5) === 0 ? 8 : 4, value: value() }
    else if (kind === 17) yield { kind: 'acknowledge' }
    else yield { kind: 'advance', ns: pick([1, 500, 20_000, 1e6, 3e7, 1.5e9]) * (1 + random(7)) }
  }
}
