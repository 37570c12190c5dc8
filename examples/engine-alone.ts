/**
 * The engine without a machine around it: one vCPU, a megabyte of RAM and a few bytes of code, interpreted and then translated. Sums memory in
 * a loop of five instructions, and says how many of them a second that makes.
 */
import assert from 'node:assert/strict'
import type { EngineMode } from '@mica-vm/binary-translator'
import { FlatMachine } from '@mica-vm/binary-translator/testing'

const turns = 10_000_000

// again: add eax,[esi+edx*4]; inc edx; and edx,0fffh; dec ecx; jnz again; hlt
const code = [0x03, 0x04, 0x96, 0x42, 0x81, 0xe2, 0xff, 0x0f, 0, 0, 0x49, 0x75, 0xf3, 0xf4]

function run(mode: EngineMode): void {
  const machine = new FlatMachine({ mode })
  machine.write(0x1000, code)
  for (let i = 0; i < 4096; i++) machine.write32(0x8000 + 4 * i, 1)
  machine.start({ eip: 0x1000, registers: { ecx: turns, esi: 0x8000 } })
  const started = performance.now()
  machine.run(5 * turns + 1)
  const seconds = (performance.now() - started) / 1000
  assert.equal(machine.state.gpr(0), turns)
  console.log(`${mode.padEnd(11)} ${Math.round((5 * turns) / seconds / 1e6)} million instructions per second`)
}

run('interpreter')
run('translator')
