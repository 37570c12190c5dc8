// Oracle: the other binding. Each instruction is written once and bound twice, so an interpreter and translated code must agree at
// every stop: registers, flags, segments, memory, device accesses, counts of instructions, and why the run ended.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fullModel } from '../random/full-model.ts'
import { lockstep, makeMachines, oddBudgets } from '../random/lockstep.ts'
import { pointerProgram } from '../random/pointer-program.ts'
import { entryModes, randomProgram } from '../random/program.ts'
import { structuredProgram } from '../random/structured-program.ts'
import { Random } from '../random/random.ts'

const machines = makeMachines()
const programs = 60
const seed = 20_260_301

it.each(entryModes)(`random programs run alike on all tiers, mode %s (${programs} programs, seed ${seed})`, (mode) => {
  fc.assert(
    fc.property(fc.noShrink(fc.nat(0x7fff_ffff)), (number) => {
      const program = randomProgram(new Random(number), [mode])
      expect(lockstep(machines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
    }),
    { seed, numRuns: programs },
  )
})

const modifying = 30

it.each(['kernel', 'user', 'real'] as const)(
  `programs that write to their own code run alike, mode %s (${modifying} programs, seed ${seed})`,
  (mode) => {
    fc.assert(
      fc.property(fc.noShrink(fc.nat(0x7fff_ffff)), (number) => {
        const program = randomProgram(new Random(number), [mode], { selfModifying: true })
        expect(lockstep(machines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
      }),
      { seed, numRuns: modifying },
    )
  },
)

const newer = 80
const newerMachines = makeMachines(fullModel())

it.each(entryModes)(`programs of newer instructions run alike, mode %s (${newer} programs, seed ${seed})`, (mode) => {
  fc.assert(
    fc.property(fc.noShrink(fc.nat(0x7fff_ffff)), (number) => {
      const program = randomProgram(new Random(number), [mode], { newer: true })
      expect(lockstep(newerMachines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
    }),
    { seed, numRuns: newer },
  )
})

const structured = 400

it(`programs of many blocks become regions that run alike (${structured} programs, seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.noShrink(fc.nat(0x7fff_ffff)), (number) => {
      const program = structuredProgram(new Random(number))
      expect(lockstep(machines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
    }),
    { seed, numRuns: structured },
  )
})

const pointing = 400

it(`programs that access memory near pointers run alike (${pointing} programs, seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.noShrink(fc.nat(0x7fff_ffff)), (number) => {
      const program = pointerProgram(new Random(number))
      expect(lockstep(machines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
    }),
    { seed, numRuns: pointing },
  )
})

/** Counterexamples that were found once. */
const examples: readonly (readonly [what: string, number: number])[] = [
  ['STI as the last instruction of a budget keeps its interrupt shadow', 1846],
  ['STI as the last instruction of a budget, in real mode', 2061],
  ['STI as the last instruction of a budget, interpreted against translated', 2303],
  ['STI run alone, then an interrupt', 3418],
  ['code that is overwritten while its unit waits for translation', 1897],
]

it.each(examples)('%s', (_, number) => {
  const program = randomProgram(new Random(number))
  expect(lockstep(machines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
})

/** The same of programs that write to their own code, at privilege level 0. */
const modifyingExamples: readonly (readonly [what: string, number: number])[] = [
  ['no instruction becomes one behind its first byte', 302388],
  ['no instruction becomes one near the end of a page', 303750],
  ['no instruction becomes one, and writes to a port', 305486],
]

it.each(modifyingExamples)('%s', (_, number) => {
  const program = randomProgram(new Random(number), ['kernel'], { selfModifying: true })
  expect(lockstep(machines, program, number, { budgets: oddBudgets, steps: 20 })).toEqual([])
})
