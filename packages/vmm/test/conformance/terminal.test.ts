// Oracle: the command's manual, on a terminal that `script` provides.
import { expect, test } from 'vitest'
import { hasTerminal, scratch, startOnTerminal } from '../support/command.ts'
import { echoUntil, guestImage, powerOff, print } from '../support/guest-program.ts'

const files = scratch()
const kernel = files.file('echo', guestImage(print('ready '), echoUntil('!'), powerOff))
const args = ['run', '--kernel', kernel, '--memory', '4M']

test('keys reach the guest one by one, Ctrl-A is the monitor’s', async (context) => {
  if (!hasTerminal) return context.skip('there is no script(1) to make a terminal')
  const { child, ended, shows } = startOnTerminal(args)
  await shows('Ctrl-A X quits')
  await shows('ready ')
  child.stdin!.write('k')
  await shows('k')
  child.stdin!.write('\x03')
  await shows('\x03')
  child.stdin!.write('\x01c')
  await shows('instructions ')
  child.stdin!.write('\x01\x01')
  await shows('\x01')
  child.stdin!.write('\x01x')
  expect((await ended).status).toBe(0)
})

test('a guest that ends gives the terminal back', async (context) => {
  if (!hasTerminal) return context.skip('there is no script(1) to make a terminal')
  const { child, ended, shows } = startOnTerminal(args)
  await shows('ready ')
  child.stdin!.write('bye!')
  const { status, stdout } = await ended
  expect(stdout).toContain('bye!')
  expect(status).toBe(0)
})
