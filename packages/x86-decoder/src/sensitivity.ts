import { Sensitivity } from './types.ts'

/** Reasons by the word after `sens=` in a row. */
const REASONS: Readonly<Record<string, readonly [Sensitivity, string]>> = {
  table: [Sensitivity.Silent, 'shows descriptor-table registers of the machine at any privilege unless UMIP'],
  machine: [Sensitivity.Silent, 'shows the machine status word at any privilege unless UMIP'],
  flags: [Sensitivity.Silent, 'shows IOPL and IF; a write drops them silently without privilege'],
  segment: [Sensitivity.Silent, 'shows the privilege level in a selector, or loads a descriptor against it'],
  selector: [Sensitivity.Silent, 'answers by the current privilege level'],
  far: [Sensitivity.Silent, 'may change the privilege level through descriptors'],
  identity: [Sensitivity.Silent, 'shows which machine this is'],
  time: [Sensitivity.Conditional, 'reads a counter of the machine; traps by CR4'],
  interrupts: [Sensitivity.Conditional, 'changes IF; traps by IOPL'],
  io: [Sensitivity.Conditional, 'reaches devices; traps by IOPL and the I/O permission map'],
}

/** The sensitivity of a row from its word and privilege. */
export function sensitivityOf(word: string, privilege: string): readonly [Sensitivity, string] {
  if (word !== '') return REASONS[word] ?? unknown(word)
  if (privilege === 'none') return [Sensitivity.None, '']
  if (privilege === 'iopl') return REASONS['io']!
  return [Sensitivity.Privileged, 'works on the state of the machine; traps without privilege']
}

function unknown(word: string): never {
  throw new Error(`unknown sensitivity "${word}"`)
}
