/**
 * Random programs of port accesses, within what two independent implementations must agree on. Left out, because QEMU
 * simplifies there: modem status deltas in loopback, the transmitter FIFO's reset, special mask and polled slaves whose
 * request falls, arguments that look like keyboard commands, translated answers, the day of the week.
 */
export type Access = readonly ['r', port: number] | readonly ['w', port: number, value: number]

export interface Random {
  (below: number): number
}

const MASTER = 0x20
const SLAVE = 0xa0
const COM1 = 0x3f8

/** mulberry32 */
export function randomFrom(seed: number): Random {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random(list.length)]!
}

const read = (port: number): Access => ['r', port]
const write = (port: number, value: number): Access => ['w', port, value]

function initialize(command: number, base: number, icw3: number, icw4: number): Access[] {
  return [write(command, 0x11), write(command + 1, base), write(command + 1, icw3), write(command + 1, icw4)]
}

/** Requests come from the serial ports' transmitters (IRQ 4, 3) and the keyboard buffer (IRQ 1); INTA is the poll command. */
export function interruptProgram(random: Random): Access[] {
  const icw4 = pick(random, [0x01, 0x11])
  const program: Access[] = [
    write(0x4d0, 0x18),
    ...initialize(MASTER, 0x20, 4, icw4),
    ...initialize(SLAVE, 0x28, 2, icw4),
    ...[write(0x64, 0x60), write(0x60, 0x45), write(COM1 + 4, 8), write(0x2fc, 8)],
  ]
  for (let i = 0; i < 40; i++) {
    program.push(
      ...pick(random, [
        [write(MASTER + 1, random(256)), read(MASTER + 1)],
        [write(MASTER + 1, 0)],
        [write(MASTER, random(8) * 32 + random(8))],
        [write(MASTER, 0x20)],
        [write(COM1 + 1, pick(random, [0, 2]))],
        [write(0x2f9, pick(random, [0, 2]))],
        [write(0x64, 0xd2), write(0x60, random(256))],
        [write(MASTER, 0x0c), read(MASTER)],
      ]),
      ...[write(MASTER, 0x0a), read(MASTER), write(MASTER, 0x0b), read(MASTER)],
    )
  }
  return program
}

/** A serial port in loopback: bytes go round, interrupts are identified. */
export function serialProgram(random: Random): Access[] {
  const program: Access[] = [write(COM1 + 4, 0x10), write(COM1 + 2, 0x01)]
  for (let i = 0; i < 60; i++) {
    program.push(
      ...pick(random, [
        [write(COM1, random(256)), read(COM1 + 5)],
        [write(COM1, random(256)), write(COM1, random(256)), read(COM1 + 2)],
        [read(COM1 + 5)],
        [read(COM1 + 2)],
        [write(COM1 + 1, random(8)), read(COM1 + 1), read(COM1 + 2)],
        [write(COM1 + 3, 0x83), write(COM1, random(256)), read(COM1 + 1), read(COM1), write(COM1 + 3, 0x03)],
        [write(COM1 + 7, random(256)), read(COM1 + 7)],
        [write(COM1 + 2, pick(random, [0x01, 0x41, 0x81, 0xc1, 0x03]))],
      ]),
    )
  }
  return program
}

const DRAIN: readonly Access[] = Array.from({ length: 6 }, () => [read(0x64), read(0x60)]).flat()

/** Controller, keyboard and mouse commands with all their answers. */
export function keyboardProgram(random: Random): Access[] {
  const program: Access[] = [write(0x64, 0xaa), ...DRAIN, write(0x64, 0x60), write(0x60, 0x47)]
  const mouse = (value: number): Access[] => [write(0x64, 0xd4), write(0x60, value), ...DRAIN]
  // QEMU's mouse has a resolution and a rate only after its first reset.
  program.push(...mouse(0xff))
  for (let i = 0; i < 25; i++) {
    program.push(
      ...pick(random, [
        [write(0x64, 0x20)],
        [write(0x64, 0x60), write(0x60, pick(random, [0x47, 0x44, 0x04, 0x45, 0x46]))],
        [write(0x64, pick(random, [0xa9, 0xaa, 0xab, 0xd0, 0xa8, 0xae]))],
        [write(0x64, pick(random, [0xd2, 0xd3])), write(0x60, random(256))],
        [write(0x60, pick(random, [0xee, 0xf2, 0xf4, 0xf5, 0xf6, 0xff]))],
        [write(0x60, pick(random, [0xed, 0xf3])), ...DRAIN, write(0x60, random(8))],
        mouse(pick(random, [0xff, 0xf2, 0xf4, 0xf5, 0xe9, 0xe6, 0xe7, 0xf6, 0xeb])),
        [200, 100, 80].flatMap((rate) => [...mouse(0xf3), ...mouse(rate)]),
        [...mouse(0xe8), ...mouse(random(4))],
      ]),
      ...DRAIN,
    )
  }
  return program
}

export const PROGRAMS: Readonly<Record<string, (random: Random) => Access[]>> = {
  interrupt: interruptProgram,
  serial: serialProgram,
  keyboard: keyboardProgram,
}
