// Oracle: APM 1.2, section 4.6: what the protected-mode entry answers in AH and CF, and that "off" ends the machine.
import { expect, test } from 'vitest'
import { FakePc } from '@mica-vm/firmware/testing'
import { debugExit, type Code } from '../support/guest-program.ts'
import { machine, smallHost } from '../support/machines.ts'

const entryBytes = 64

/** The 32-bit entry that INT 15h, AX=5303h tells of. */
function apmEntry(): number[] {
  const pc = new FakePc()
  pc.call(0x15, { eax: 0x5303 })
  const at = (pc.cpu.eax & 0xffff) * 16 + pc.cpu.ebx
  return [...pc.memory.bytes.subarray(at, at + entryBytes)]
}

const u32 = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)

/** Far calls of the entry, which lies behind a jump, with EAX, EBX and ECX; then AH and the flags go to the debug console. */
function program(calls: readonly (readonly [eax: number, ebx: number, ecx: number])[]): Code {
  const code: number[] = [0xe9, ...u32(entryBytes), ...apmEntry(), 0xbc, ...u32(0x18_0000)]
  for (const [eax, ebx, ecx] of calls) {
    code.push(0xb8, ...u32(eax), 0xbb, ...u32(ebx), 0xb9, ...u32(ecx))
    // push cs; call
    code.push(0x0e, 0xe8, ...u32((5 - (code.length + 6)) >>> 0))
    // pushfd; mov al,ah; out E9h,al; pop eax; out E9h,al
    code.push(0x9c, 0x88, 0xe0, 0xe6, 0xe9, 0x58, 0xe6, 0xe9)
  }
  return [code, debugExit(0)]
}

async function run(
  calls: readonly (readonly [number, number, number])[],
): Promise<{ output: number[]; reason: string }> {
  const vm = machine([program(calls)], {}, smallHost())
  const output: number[] = []
  vm.on('debug', ({ byte }) => output.push(byte))
  const { reason } = await vm.run()
  return { output: output.map((byte, index) => (index % 2 === 0 ? byte : byte & 1)), reason }
}

test('no event waits, and what there is nothing to do for succeeds', async () => {
  const { output, reason } = await run([
    [0x530b, 0, 0],
    [0x5307, 1, 1],
    [0x5306, 0, 0],
  ])
  expect(output).toEqual([0x80, 1, 0, 0, 0, 0])
  expect(reason).toBe('debug-exit')
})

test('off is off', async () => {
  expect((await run([[0x5307, 1, 3]])).reason).toBe('powered-off')
})
