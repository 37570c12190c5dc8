// Oracle: Debian's kernel and SeaBIOS, unmodified: what they print.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Host, type VirtualMachine } from '../../src/index.ts'
import { requireGuest } from './guest.ts'
import { requireSeaBios } from './seabios.ts'

const minutes = 60_000
const mib = 2 ** 20

/** Types each line when the output holds what is to be before it; resolves when the last text has come. */
async function converse(
  vm: VirtualMachine,
  dialogue: readonly (readonly [after: string, line: string])[],
): Promise<string> {
  let output = ''
  let seen = 0
  let next = 0
  vm.on('serial', ({ bytes }) => {
    output += new TextDecoder().decode(bytes)
    const turn = dialogue[next]
    const at = turn ? output.indexOf(turn[0], seen) : -1
    if (!turn || at < 0) return
    seen = at + turn[0].length
    next++
    void vm.serial[0]!.send(`${turn[1]}\n`)
  })
  expect(await vm.run()).toEqual({ reason: 'powered-off', by: 'guest' })
  expect(next).toBe(dialogue.length)
  return output
}

test('SeaBIOS starts a kernel from fw_cfg, which sleeps and is woken up', async (context) => {
  const { bios, vgaBios } = requireSeaBios(context)
  const { kernel, initrd } = requireGuest(context)
  const vm = new Host({ memory: 288 * mib }).createVm({
    memory: 256 * mib,
    firmware: { bios: readFileSync(bios), vgaBios: readFileSync(vgaBios) },
    boot: { kernel: readFileSync(kernel), initrd: readFileSync(initrd), commandLine: 'console=ttyS0 quiet' },
  })
  const seen: string[] = []
  let log = ''
  vm.on('debug', ({ byte }) => void (log += String.fromCharCode(byte)))
  vm.on('suspend', () => {
    seen.push('asleep')
    setTimeout(() => vm.pressPowerButton(), 200)
  })
  setTimeout(() => vm.powerOff(), 8 * minutes).unref()
  vm.on('wake', ({ by }) => void seen.push(by))
  const output = await converse(vm, [
    [
      'mica:/root# ',
      'dmesg | grep "ACPI: PM: (supports"; echo kept-$((6*7)) > /tmp/note; echo mem > /sys/power/state; echo awake-$((1+1))',
    ],
    ['awake-2', 'cat /tmp/note; poweroff -f'],
  ])
  vm.destroy()
  expect(log).toMatch(/Booting from ROM/)
  expect(output).toMatch(/supports S0 S3 S5/)
  expect(seen).toEqual(['asleep', 'power-button'])
  expect(output).toMatch(/^kept-42\r$/m)
})
