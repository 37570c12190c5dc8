/** Features of the system architecture, and what holds the engine to them. */

export interface SystemFeature {
  readonly name: string
  /** What the feature is held against. */
  readonly oracle: string
  /** Test files, from `packages/` on. */
  readonly tests: readonly string[]
  /** What the engine does not do; empty: nothing. */
  readonly missing?: string
}

const system = (name: string): string => `binary-translator/test/system/${name}.test.ts`
const manual = 'SDM, cited rule by rule'

export const systemFeatures: readonly SystemFeature[] = [
  {
    name: 'Segment registers, limits, rights, expand-down data, null selectors',
    oracle: 'naive model; SDM',
    tests: [
      system('segments'),
      system('segment-check.property'),
      system('edges'),
      'binary-translator/test/property/code-limit.test.ts',
    ],
  },
  {
    name: 'Far jumps, calls, returns; conforming code',
    oracle: manual,
    tests: [system('far-transfer'), system('edges')],
  },
  { name: 'Call gates: stack switch, parameter copy, 16- and 32-bit', oracle: manual, tests: [system('far-transfer')] },
  {
    name: 'Task switches: TSS of both sizes, task gates, nesting, busy bits',
    oracle: manual,
    tests: [system('task-switch'), system('edges')],
  },
  {
    name: 'Interrupts and exceptions through gates, error codes, double faults, shutdown',
    oracle: manual,
    tests: [system('interrupts')],
  },
  {
    name: 'IRET in every mode and to every privilege',
    oracle: 'inverse of the delivery; SDM',
    tests: [system('iret')],
  },
  { name: 'Virtual-8086 mode', oracle: manual, tests: [system('virtual-8086'), system('interrupts')] },
  {
    name: 'Virtual interrupts: VME, PVI, the redirection bitmap',
    oracle: "the manual's decision tables, all situations",
    tests: [system('virtual-interrupts')],
  },
  { name: 'I/O privilege and permission bitmap', oracle: manual, tests: [system('port-io'), system('edges')] },
  { name: 'Control registers, CR4 by CPUID', oracle: manual, tests: [system('control-registers'), system('edges')] },
  {
    name: 'Model-specific registers, SYSENTER and SYSEXIT, PAT, MTRRs',
    oracle: manual,
    tests: [system('model-registers')],
  },
  {
    name: 'Single step, interrupt shadow of STI and MOV SS, NMI',
    oracle: manual,
    tests: ['binary-translator/test/unit/events.test.ts', system('interrupts'), 'vmm/test/unit/nmi.test.ts'],
  },
  {
    name: 'Breakpoints: instruction, data, I/O; DR6, DR7, RF, T bit; what a load of SS holds off',
    oracle: 'real CPU, 600 programs; naive model; SDM',
    tests: [
      'binary-translator/test/conformance/breakpoints.test.ts',
      'binary-translator/test/property/breakpoints.test.ts',
      'binary-translator/test/unit/breakpoints.test.ts',
    ],
  },
  {
    name: 'Alignment checks (#AC)',
    oracle: 'real CPU, by operand; SDM',
    tests: ['binary-translator/test/unit/alignment.test.ts'],
  },
  {
    name: 'x87 errors by IRQ 13, port F0h',
    oracle: manual,
    tests: ['binary-translator/test/x87/numeric-error.test.ts', 'pc-devices/test/unit/system.test.ts'],
  },
  {
    name: 'RESET, INIT, start-up messages, HLT, shutdown',
    oracle: 'SDM, cited rule by rule; QEMU',
    tests: ['binary-translator/test/unit/init.test.ts', 'vmm/test/reset-oracle/init.test.ts'],
  },
  {
    name: 'Page walks: 2-level, PSE, PAE with NX, A/D bits, WP, SMEP, SMAP, global pages',
    oracle: 'naive walk of the page tables',
    tests: ['shadow-mmu/test/property/walk.test.ts'],
  },
  {
    name: 'Code that changes itself or crosses pages',
    oracle: 'the other engine',
    tests: ['binary-translator/test/unit/self-modifying.test.ts', 'binary-translator/test/property/lockstep.test.ts'],
  },
  {
    name: 'Random programs, tables, modes and devices',
    oracle: 'the other engine; canary frames',
    tests: ['binary-translator/test/property/fuzz-1.test.ts', 'binary-translator/test/property/lockstep.test.ts'],
  },
  {
    name: 'MMX, SSE and x87 availability: #UD, #NM, #MF, #XM, alignment, page faults',
    oracle: manual,
    tests: ['binary-translator/test/sse/conditions.test.ts', 'binary-translator/test/sse/memory.test.ts'],
  },
  {
    name: 'All devices, hostile guests',
    oracle: 'the other engine; canary frames',
    tests: ['vmm/test/property/platform-fuzz-1.test.ts', 'vmm/test/property/hostile-guest.test.ts'],
  },
]
