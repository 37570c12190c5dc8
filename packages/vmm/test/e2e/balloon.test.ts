// Oracle: Debian's unmodified virtio_balloon driver, what its guest counts of its memory, and the map of the guest's pages.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { BalloonEvent } from '@mica-vm/balloon'
import type { Balloon } from '../../src/index.ts'
import { requireGuest } from './guest.ts'
import { Session } from './session.ts'

const mib = 2 ** 20
const pagesPerMib = 256
/** The default guest at its prompt, obeying what is typed by its serial port. */
class BalloonSession extends Session {
  readonly events: BalloonEvent[] = []
  readonly #input: WritableStreamDefaultWriter<Uint8Array>
  #commands = 0

  constructor(options: ConstructorParameters<typeof Session>[0]) {
    super(options)
    this.vm.on('balloon', (event) => void this.events.push(event))
    this.#input = this.vm.serial[0]!.writable.getWriter()
  }

  /** What a command printed. */
  async says(command: string, seconds = 30): Promise<string> {
    const from = this.serial.length
    const end = `end-${++this.#commands}:`
    void this.#input.write(new TextEncoder().encode(`${command}; echo end"-${this.#commands}:"\n`))
    await this.sends(new RegExp(`${end}\r`), seconds)
    return this.serial.slice(this.serial.indexOf('\n', from) + 1, this.serial.lastIndexOf(end)).replaceAll('\r', '')
  }

  async freeKib(): Promise<number> {
    return Number(/\d+/.exec(await this.says('grep MemFree /proc/meminfo'))![0])
  }

  /** Runs until the guest has given up so many pages, and answers how its balloon is. */
  async reaches(pages: number): Promise<Balloon> {
    for (let tries = 0; this.vm.balloon!.actual !== pages && tries < 200; tries++) await this.passes(0.1)
    this.vm.balloon!.poll()
    return this.vm.balloon!
  }
}

const reached = (pages: number): object => ({ actual: pages, state: 'reached', isCompliant: true, shortfall: 0 })

test('a guest gives memory up, gets it back, reports what it frees, and reboots', async (context) => {
  const { vmlinux, initrd, commandLine } = requireGuest(context)
  const session = new BalloonSession({
    memory: 192 * mib,
    boot: { kernel: readFileSync(vmlinux), initrd: readFileSync(initrd), commandLine: `${commandLine} quiet` },
    virtio: { balloon: true },
  })
  const { vm } = session
  const balloon = vm.balloon!
  const memory = (): (typeof vm.statistics)['memory'] => vm.statistics.memory
  await session.sends('mica:/root# ', 60)
  expect(session.events[0]).toEqual({ kind: 'driver', isActive: true })

  // Inflate: what the guest misses is what the map has taken.
  const before = await session.freeKib()
  balloon.setTarget(64 * pagesPerMib)
  expect(await session.reaches(64 * pagesPerMib)).toMatchObject(reached(64 * pagesPerMib))
  expect(memory()).toMatchObject({ ballooned: 64 * pagesPerMib })
  expect(before - (await session.freeKib())).toBeGreaterThan(60 * 1024)
  expect(balloon.device.reportedPages).toBe(64 * pagesPerMib)
  balloon.poll()
  await session.passes(0.5)
  const said = balloon.statistics!
  expect(said.totalBytes! / mib).toBeGreaterThan(100)
  expect(said.freeBytes).toBeLessThan(said.totalBytes!)

  // Deflate: it has its memory again, and it holds what is written there.
  balloon.setTarget(0)
  expect(await session.reaches(0)).toMatchObject(reached(0))
  expect(memory()).toMatchObject({ ballooned: 0, pops: 0 })
  expect(
    await session.says(
      'dd if=/dev/urandom of=/tmp/f bs=1M count=48 2>/dev/null; cp /tmp/f /tmp/g; cmp /tmp/f /tmp/g && echo same',
      60,
    ),
  ).toContain('same')

  // Report: files that are gone leave their frames to the host within some seconds.
  const full = memory().resident
  await session.says('rm /tmp/f /tmp/g')
  await session.passes(6)
  expect(full - memory().resident).toBeGreaterThan(70 * pagesPerMib)

  // Reboot with a full balloon: the guest has everything again, and the new driver follows the old target.
  balloon.setTarget(32 * pagesPerMib)
  expect(await session.reaches(32 * pagesPerMib)).toMatchObject(reached(32 * pagesPerMib))
  session.serial = ''
  vm.reset()
  expect(memory()).toMatchObject({ ballooned: 0 })
  expect(balloon.actual).toBe(0)
  await session.sends('mica:/root# ', 60)
  expect(await session.reaches(32 * pagesPerMib)).toMatchObject(reached(32 * pagesPerMib))
  expect(balloon.device.violations).toBe(0)
})
