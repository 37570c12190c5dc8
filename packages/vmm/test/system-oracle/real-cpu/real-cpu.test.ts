import { expect, test } from 'vitest'
import { runInMica } from '../machines.ts'
import { tracesOf } from '../runs.ts'
import { programs } from './programs.ts'
import { answerOf, askProcessor, programCases, readAnswers } from './real-cpu.ts'

// Oracle: the real processor that answered when the golden file was made.
test.each(['interpreter', 'translator'] as const)(
  'user code sees what it sees on a real CPU, by the %s',
  async (engine) => {
    const answers = readAnswers()
    const traces = await tracesOf(programCases, (image) => runInMica(image, engine))
    for (const { name } of programs) expect.soft(answerOf(traces.get(name) ?? []), name).toBe(answers.get(name))
    expect(answers.size).toBe(programs.length)
  },
)

// Where this machine's processor can be asked, it gives the same answers. Oracle: another processor.
const asked = askProcessor()
test.runIf(asked)('the processor at hand answers alike', () => {
  expect(Object.fromEntries(asked!)).toEqual(Object.fromEntries(readAnswers()))
})
