// Flags that a loop sets anew in each turn are made up only where it is left. Oracle: the other binding, which makes them at once.
import { expect, it } from 'vitest'
import { FlatMachine } from '../../src/testing/index.ts'

/** Loops of flat code: what sets the flags last, and a branch back. Each begins with instructions that set all flags, after one that reads memory. */
const loops: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ['CMP EDX,ECX; JNE', [0x42, 0x39, 0xca, 0x75]],
  ['SUB ECX,1; JNE', [0x83, 0xe9, 0x01, 0x75]],
  ['ADD EDX,EDX; DEC ECX; JNE', [0x01, 0xd2, 0x49, 0x75]],
  ['CMP EDX,EBX; INC EDX; DEC ECX; JNE', [0x39, 0xda, 0x42, 0x49, 0x75]],
  ['INC EBX; DEC ECX; JNE', [0x43, 0x49, 0x75]],
  ['ADD EBX,EDX; JNO', [0x01, 0xd3, 0x71]],
  ['TEST ECX,ECX; DEC ECX; JNE', [0x85, 0xc9, 0x49, 0x75]],
  ['CMP DL,BL; DEC ECX; JNE', [0x38, 0xda, 0x49, 0x75]],
]
/** MOV EAX,[ESI]; SHL EAX,4; ADD EAX,EBX: what flags were before is asked for only if this faults, or the run ends. */
const setters = [0x8b, 0x06, 0xc1, 0xe0, 0x04, 0x01, 0xd8]
/** JNO over a STC: another way to the loop's end, with CF from elsewhere. */
const fork = [0x71, 0x01, 0xf9]
/** STC: only CF comes from the turn before. */
const carryOnly = [0x8b, 0x06, 0xf9]

const again = (body: readonly number[]): number[] => [...body, 256 - body.length - 1]
const forever = (code: readonly number[]): number[] => [...code, 0xeb, 256 - code.length - 2]

function stops(mode: 'interpreter' | 'translator', code: readonly number[], budget: number, ecx = 9): number[] {
  const machine = new FlatMachine({ mode })
  machine.write(0x1000, code)
  machine.start({
    eip: 0x1000,
    registers: { ecx, edx: ecx === 9 ? 0x7fff_fff8 : 3, ebx: 0xffff_fff0, esi: 0x8000 },
  })
  return Array.from({ length: 40 }, (_, i) => {
    machine.write32(0x8000, Math.imul(i, 0x1234_5677))
    machine.run(budget)
    return machine.state.eflags
  })
}

it.each(loops)('%s: flags at every stop', (_, bytes) => {
  for (const start of [setters, [...setters, ...fork], carryOnly]) {
    for (const budget of [1, 2, 5, 7, 31]) {
      const code = forever(again([...start, ...bytes]))
      expect(stops('translator', code, budget)).toEqual(stops('interpreter', code, budget))
    }
  }
})

it('a shift by zero keeps the carry of a comparison, and so does DEC after it', () => {
  // SHL EAX,CL; JE to the comparison; DEC EDX; JMP back; CMP EDX,EBX; JMP back.
  const code = [0xd3, 0xe0, 0x74, 0x03, 0x4a, 0xeb, 0xf9, 0x39, 0xda, 0xeb, 0xf5]
  for (const budget of [1, 2, 5, 7, 31]) {
    expect(stops('translator', code, budget, 0x20)).toEqual(stops('interpreter', code, budget, 0x20))
  }
})
