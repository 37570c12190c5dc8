// Oracle: the interpreter, which looks every return and computed target up: programs whose calls, returns and indirect jumps stay in their page,
// leave it, and change their minds end alike when regions have callees inside and guess where control goes.
import { expect, it } from 'vitest'
import { FlatMachine, differences, snapshot } from '../../src/testing/index.ts'
import type { EngineMode } from '../../src/types.ts'
import { Random } from '../random/random.ts'
import { oddBudgets } from '../random/lockstep.ts'

const codeAt = 0x1000
const functions = 10
/** Two pages: half of the functions lie in the first one, with the loop. */
const functionAt = (i: number): number => (i < 6 ? 0x1200 : 0x2200) + (i % 6) * 0x80
const tableAt = 0x5000
const stackTop = 0x8000
const [ESI, EDI] = [6, 7]

const word = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff)
const relative = (from: number, to: number): number[] => word(to - (from + 5))

/** An instruction on EAX, ECX, EDX and EBX, some of which set flags. */
function plain(random: Random): number[] {
  const registers = 0xc0 | (random.below(4) << 3) | random.below(4)
  return random.pick([
    [random.pick([0x01, 0x29, 0x31, 0x11, 0x39]), registers],
    [0x40 | random.below(4)],
    [0x0f, 0x90 | random.below(16), 0xc0 | random.below(4)],
    [0x50 | random.below(4), 0x58 | random.below(4)],
    [0x03, 0x44, 0x24, 4 * random.below(3)],
  ])
}

/** A call of a function after the `own`th: direct; by way of a register, or memory, with a target that varies. */
function call(random: Random, at: number, own: number): number[] {
  const callee = random.between(own + 1, functions - 1)
  const choose = [0x89, 0xc7, 0x83, 0xe7, 1, 0x8d, 0xbf, ...word(callee - (callee === functions - 1 ? 1 : 0))]
  if (callee - 1 <= own || random.chance(0.6)) return [0xe8, ...relative(at, functionAt(callee))]
  // MOV EDI,EAX; AND EDI,1; LEA EDI,[EDI+callee]; CALL [4*EDI+table], or MOV EDI,[4*EDI+table]; CALL EDI
  const memory = [0x14, 0xbd, ...word(tableAt)]
  return random.chance(0.5) ? [...choose, 0xff, ...memory] : [...choose, 0x8b, 0x3c, 0xbd, ...word(tableAt), 0xff, 0xd7]
}

/** RET; RET with an argument's room; a return by JMP; or a jump by RET to a later function, which returns instead. */
function leave(random: Random, own: number): number[] {
  const later = random.between(own + 1, functions)
  if (later < functions && random.chance(0.15)) return [0x68, ...word(functionAt(later)), 0xc3]
  return random.pick([[0xc3], [0xc3], [0xc3], [0x5f, 0xff, 0xe7]])
}

function functionCode(random: Random, own: number): number[] {
  const code: number[] = []
  for (let i = random.below(4); i > 0; i--) code.push(...plain(random))
  for (let calls = own < functions - 1 ? random.below(3) : 0; calls > 0; calls--) {
    // Jcc over the call.
    const at = functionAt(own) + code.length
    const skipped = call(random, at + 2, own)
    if (random.chance(0.4)) code.push(0x70 | random.below(16), skipped.length, ...skipped)
    else code.push(...call(random, at, own))
    code.push(...plain(random))
  }
  return [...code, ...leave(random, own)]
}

function makeMachine(mode: EngineMode, seed: number): FlatMachine {
  const random = new Random(seed)
  const machine = new FlatMachine({ mode, ramBytes: 0x1_0000, ...(mode === 'auto' && { heat: 4 }) })
  for (let i = 0; i < functions; i++) {
    machine.write(functionAt(i), functionCode(random, i))
    machine.write32(tableAt + 4 * i, functionAt(i))
  }
  const main: number[] = []
  for (let i = 0; i < 3; i++) main.push(...call(random, codeAt + main.length, i), ...plain(random))
  // DEC ESI; JNZ; HLT
  main.push(0x4e, 0x0f, 0x85, ...word(-(main.length + 7)), 0xf4)
  machine.write(codeAt, main)
  machine.start({ eip: codeAt, registers: { esi: 40, esp: stackTop, eax: random.bits(), ebx: random.bits(), ecx: 5 } })
  machine.state.setGpr(EDI, 0)
  return machine
}

it('calls, returns and indirect jumps end alike in all tiers', () => {
  let left = 0
  for (let seed = 1; seed <= 100; seed++) {
    const machines = (['interpreter', 'auto', 'translator'] as const).map((mode) => makeMachine(mode, seed))
    const random = new Random(seed)
    for (let step = 0; step < 60; step++) {
      const budget = random.chance(0.3) ? random.pick(oddBudgets) : 500
      for (const machine of machines) machine.run(budget)
      const [first, ...others] = machines.map(({ state, vcpu }) => ({ ...snapshot(state), retired: vcpu.retired }))
      for (const other of others) expect(differences(first!, other), `seed ${seed}, step ${step}`).toEqual([])
    }
    const [one, ...rest] = machines.map(({ ram }) => ram)
    for (const ram of rest) expect(Buffer.compare(one!, ram), `seed ${seed}`).toBe(0)
    left += machines[0]!.state.gpr(ESI) === 0 ? 0 : 1
  }
  expect(left).toBeLessThan(20)
})
