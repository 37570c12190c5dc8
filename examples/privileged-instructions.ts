/**
 * Which instructions of a piece of code concern a hypervisor, and do they trap by themselves where they must not run? Those that do not are why
 * IA-32 needs binary translation. Only the decoder is used.
 *
 *     node --conditions=@mica-vm/source examples/privileged-instructions.ts 0f20d8 83c810 0f22d8 fa 0f0108 cf
 */
import { decodeInto, DecodeStatus, facts, format, Instruction, Sensitivity } from '@mica-vm/x86-decoder'

/** Without arguments: code that turns something on in CR3, masks interrupts, stores a descriptor table register and returns. */
const code = process.argv.length > 2 ? process.argv.slice(2).join('') : '0f20d8 83c810 0f22d8 fa 0f0108 cf'
const bytes = Uint8Array.from(code.replaceAll(/\s/g, '').match(/../g) ?? [], (pair) => parseInt(pair, 16))

const sensitivityNames = Object.keys(Sensitivity)
const instruction = new Instruction()
for (let at = 0; at < bytes.length; at += instruction.length) {
  const status = decodeInto(bytes, at, bytes.length, 32, instruction)
  if (status !== DecodeStatus.Ok) {
    console.log(`${at.toString(16).padStart(4)}  no instruction`)
    break
  }
  const { sensitivity, sensitivityReason } = facts(instruction.code)
  const text = format(instruction, { ip: at }).padEnd(22)
  console.log(
    `${at.toString(16).padStart(4)}  ${text} ${sensitivityNames[sensitivity]?.padEnd(11)} ${sensitivityReason}`,
  )
}
