// Oracles: SDM vol. 3, table 9-1 (what INIT leaves) and 11.4.7.3 (what it leaves of the local APIC); QEMU, where it does not break these.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Host, type HostOptions } from '../../src/index.ts'
import { hasQemu } from '../system-oracle/machines.ts'
import { initFirmware, told } from './program.ts'

const mib = 2 ** 20

function read(output: Uint8Array): Record<string, string> {
  const view = new DataView(output.buffer, output.byteOffset)
  expect(output.length).toBe(told.length * 4)
  return Object.fromEntries(told.map((name, index) => [name, view.getUint32(index * 4, true).toString(16)]))
}

async function inMica(engine: NonNullable<HostOptions['engine']>): Promise<Record<string, string>> {
  const host = new Host({ memory: 16 * mib, engine })
  const vm = host.createVm({
    memory: 2 * mib,
    firmware: { bios: initFirmware() },
    cpu: 'x86-64-v2',
    clock: 'instructions',
  })
  const output: number[] = []
  vm.on('debug', ({ byte }) => output.push(byte))
  expect((await vm.run()).reason).toBe('debug-exit')
  vm.destroy()
  return read(Uint8Array.from(output))
}

function inQemu(): Record<string, string> {
  const directory = mkdtempSync(join(tmpdir(), 'mica-init-'))
  try {
    const [bios, output] = [join(directory, 'bios'), join(directory, 'output')]
    writeFileSync(bios, initFirmware())
    const machine = ['-accel', 'tcg', '-cpu', 'qemu32', '-m', '16', '-display', 'none', '-nodefaults', '-no-reboot']
    const exit = ['-device', 'isa-debug-exit,iobase=0xf4,iosize=4', '-debugcon', `file:${output}`]
    spawnSync('qemu-system-i386', [...machine, ...exit, '-bios', bios], { timeout: 60_000 })
    return read(Uint8Array.from(readFileSync(output)))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

const expected: Record<string, string> = {
  ...Object.fromEntries(['eax', 'ecx', 'ebx', 'esp', 'ebp', 'esi', 'edi'].map((name) => [name, '0'])),
  model: '0',
  ...Object.fromEntries(['es', 'ss', 'ds', 'fs', 'gs'].map((name) => [name, '0'])),
  // The probe's own CMP has set ZF and PF.
  eflags: '46',
  // CD and NW as they were: clear.
  ...{ cr0: '10', cr2: '0', cr3: '0', cr4: '0', dr0: '0', dr6: 'ffff0ff0', dr7: '400' },
  ...{ gdtLimit: 'ffff', gdtBase: '0', idtLimit: 'ffff', idtBase: '0' },
  ...{ fcw: '362', sysenterCs: '1234', apicBase: 'fee00900' },
  ...{ tpr: '0', ldr: '0', dfr: 'ffffffff', svr: 'ff', irr: '0', timer: '10000', lint0: '10000', initial: '0' },
}

test.each(['interpreter', 'translator'] as const)('INIT by the interrupt command register, %s', async (engine) => {
  expect(await inMica(engine)).toEqual(expected)
})

test.runIf(hasQemu)('the same in QEMU, but that it sets CD and NW, which INIT leaves alone (table 9-1)', () => {
  expect(inQemu()).toEqual({ ...expected, cr0: '60000010' })
})
