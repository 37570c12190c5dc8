/** Asks the processor at hand and keeps its answers: `node --conditions=@mica-vm/source generate.ts`. */
import { askProcessor, writeAnswers } from './real-cpu.ts'

const answers = askProcessor()
if (!answers) throw new Error('this takes gcc on a 64-bit Linux')
writeAnswers(answers)
