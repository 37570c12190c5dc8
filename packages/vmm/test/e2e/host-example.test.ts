// `mica host examples/host.json` as a user would run it: four Debian guests, until all have come to their shell.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scratch, start } from '../support/command.ts'
import { requireGuest } from './guest.ts'

const example = fileURLToPath(new URL('../../../../examples/host.json', import.meta.url))
const names = ['web', 'database', 'build', 'mail']

test('four guests boot side by side, each with a console of its own', { timeout: 1_200_000 }, async (context) => {
  requireGuest(context)
  const directory = scratch().path('consoles')
  const { child, ended } = start(['host', example, '--serial-dir', directory, '--interval', '1'], null)
  const isUp = (name: string): boolean => {
    const log = join(directory, `${name}.log`)
    return existsSync(log) && readFileSync(log, 'latin1').includes('mica:/root#')
  }
  let hasEnded = false
  void ended.then(() => void (hasEnded = true))
  while (!names.every(isUp) && !hasEnded) await new Promise((resolve) => setTimeout(resolve, 200))
  child.kill('SIGINT')
  const { status, stdout, stderr } = await ended
  expect({ status, stderr }).toEqual({ status: 130, stderr: '' })
  const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { vms: { name: string; resident: number }[] }
  expect(last.vms.map(({ name }) => name)).toEqual(names)
  for (const vm of last.vms) expect(vm.resident).toBeGreaterThan(16 * 2 ** 20)
})
