import { Sensitivity, SensitivityKind } from './types.ts'

/** What the table says of a sensitive instruction. */
export interface SensitivityFacts {
  readonly sensitivity: Sensitivity
  readonly sensitivityKind: SensitivityKind
  readonly sensitivityReason: string
  readonly trapsBy: string
}

const { Control, Behaviour, Both } = SensitivityKind
const { Privileged, Conditional, Silent, Identity } = Sensitivity

type Reason = readonly [level: Sensitivity, kind: SensitivityKind, reason: string, trapsBy: string]

const CPL = 'CPL above 0'

/** Reasons by the word after `sens=` in a row; chapters are those of SDM vol. 3. */
const REASONS: Readonly<Record<string, Reason>> = {
  // Privileged: they trap.
  halt: [Privileged, Control, 'stops the processor', CPL],
  tables: [Privileged, Control, 'moves the tables that give segments, interrupts and tasks their meaning', CPL],
  control: [Privileged, Both, 'shows or changes the mode of the processor: protection, paging, what is enabled', CPL],
  debug: [Privileged, Both, 'shows or sets the breakpoints of the machine', CPL],
  msr: [Privileged, Both, 'shows or changes model-specific registers of the machine', CPL],
  translations: [Privileged, Control, 'drops translations of the address spaces of the machine', CPL],
  caches: [
    Privileged,
    Control,
    'empties the caches of the machine, without writing them back or at the cost of all',
    CPL,
  ],
  access: [Privileged, Control, 'opens or closes user pages to the supervisor (SMAP)', CPL],
  return: [Privileged, Control, 'returns to another privilege level with flags of its choice', CPL],
  supervisor: [Privileged, Both, 'saves or loads state that only the supervisor has', CPL],
  vmx: [Privileged, Control, 'runs, stops or looks into virtual machines', CPL],
  svm: [Privileged, Control, 'runs, stops or protects virtual machines', CPL],
  platform: [Privileged, Control, 'sets keys, enclaves or history of the whole machine', CPL],
  // Trapping or not by IOPL, a control register or a map.
  interrupts: [Conditional, Control, 'changes IF, which devices depend on', 'CPL above IOPL (unless VME or PVI)'],
  io: [Conditional, Control, 'reaches devices', 'CPL above IOPL, and the I/O permission map'],
  time: [
    Conditional,
    Behaviour,
    'shows a counter of the machine, which runs on while others do',
    'CR4.TSD, or CR4.PCE',
  ],
  pause: [Conditional, Both, 'rests until a time of the machine', 'CR4.TSD'],
  wait: [
    Conditional,
    Control,
    'gives the processor up until memory is written',
    `${CPL} (#UD), unless an MSR allows it`,
  ],
  fast: [Conditional, Control, 'enters ring 0 where an MSR of the machine says', 'EFER.SCE, or IA32_SYSENTER_CS'],
  base: [
    Conditional,
    Control,
    'shows or changes a relocation register, the base of a segment, past its descriptor',
    'CR4.FSGSBASE',
  ],
  extended: [Conditional, Behaviour, 'shows XCR0, or which state it enables', 'CR4.OSXSAVE'],
  keys: [Conditional, Both, 'shows or changes the rights of keys, which page tables of the machine give', 'CR4.PKE'],
  shadow: [
    Conditional,
    Behaviour,
    'works on the shadow stack of its privilege level, or does nothing where that has none',
    'CR4.CET',
  ],
  uintr: [Conditional, Control, 'works on user interrupts, which go between processors of the machine', 'CR4.UINTR'],
  pasid: [Conditional, Both, 'sends work to a device, in the name of an MSR that says for whom', 'IA32_PASID'],
  vmfunc: [Conditional, Control, 'changes the address space of its own virtual machine', 'VM-function controls'],
  hypercall: [Conditional, Control, 'calls the monitor of the machine', 'no monitor (#UD)'],
  getsec: [Conditional, Control, 'measures and launches environments', 'CR4.SMXE'],
  // Silent: what kept IA-32 from being classically virtualizable, and what came to it.
  table: [
    Silent,
    Behaviour,
    'shows where descriptor tables, LDT or task of the machine are',
    'CR4.UMIP, where there is one',
  ],
  machine: [Silent, Behaviour, 'shows CR0: protection, task switched, x87', 'CR4.UMIP, where there is one'],
  flags: [Silent, Behaviour, 'shows IF and IOPL of the machine', ''],
  popf: [Silent, Both, 'changes IF and IOPL with privilege, and leaves them alone without', ''],
  iret: [Silent, Both, 'loads CS, whose privilege counts, and IF and IOPL with privilege only', ''],
  segment: [Silent, Behaviour, 'shows a selector, whose lower bits are the privilege level of CS and SS', ''],
  load: [Silent, Behaviour, 'loads a descriptor of the tables of the machine, if the privilege level suffices', ''],
  selector: [Silent, Behaviour, 'shows a descriptor of the tables of the machine, if the privilege level suffices', ''],
  far: [
    Silent,
    Both,
    'goes to another segment or gate by the privilege level, may change it, and stores or checks it',
    '',
  ],
  pointer: [Silent, Behaviour, 'shows the code selector of the last x87 instruction, with its privilege level', ''],
  processor: [Silent, Behaviour, 'shows an MSR of the machine, IA32_TSC_AUX', ''],
  enclave: [Silent, Behaviour, 'works at privilege level 3 and nowhere else', ''],
  // Not sensitive by the definition, and a monitor's concern all the same.
  identity: [
    Identity,
    SensitivityKind.None,
    'says which processor this is, at every privilege level and place alike',
    'CPUID faulting',
  ],
}

const INNOCUOUS: SensitivityFacts = {
  sensitivity: Sensitivity.None,
  sensitivityKind: SensitivityKind.None,
  sensitivityReason: '',
  trapsBy: '',
}

/** The sensitivity of a row from its word and privilege: what needs ring 0 always traps. */
export function sensitivityOf(word: string, privilege: string): SensitivityFacts {
  if (word === '') return INNOCUOUS
  const reason = REASONS[word]
  if (reason === undefined) throw new Error(`unknown sensitivity "${word}"`)
  const [level, sensitivityKind, sensitivityReason, trapsBy] = reason
  if (privilege === 'cpl0') return { sensitivity: Privileged, sensitivityKind, sensitivityReason, trapsBy: CPL }
  if (privilege === 'smm')
    return { sensitivity: Privileged, sensitivityKind, sensitivityReason, trapsBy: 'not in SMM (#UD)' }
  return { sensitivity: level, sensitivityKind, sensitivityReason, trapsBy }
}
