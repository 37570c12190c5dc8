/** What the decoder's table and the engine's families say about each group of instructions. */
import { facts, formCount, Operation } from '@mica-vm/x86-decoder'
import { isImplemented } from '../../packages/binary-translator/src/emit/families/index.ts'

/** Groups (`cpuFeature` of the decoder's table) that the engine is to run, and what they are called here. */
export const engineGroups: ReadonlyMap<string, string> = new Map([
  ['8086', '8086'],
  ['186', '80186'],
  ['286', '80286'],
  ['386', '80386'],
  ['486', '80486'],
  ['CPUID', 'CPUID'],
  ['TSC', 'RDTSC'],
  ['MSR', 'RDMSR, WRMSR'],
  ['RDPMC', 'RDPMC'],
  ['CX8', 'CMPXCHG8B'],
  ['CMOV', 'CMOVcc, FCMOVcc'],
  ['SEP', 'SYSENTER, SYSEXIT'],
  ['PAUSE', 'PAUSE'],
  ['POPCNT', 'POPCNT'],
  ['LZCNT', 'LZCNT'],
  ['MOVBE', 'MOVBE'],
  ['RDRAND', 'RDRAND'],
  ['RDSEED', 'RDSEED'],
  ['RDTSCP', 'RDTSCP'],
  ['CLFSH', 'CLFLUSH'],
  ['MONITOR', 'MONITOR, MWAIT'],
  ['SMAP', 'CLAC, STAC'],
  ['PREFETCHW', 'PREFETCH, PREFETCHW'],
  ['FPU', 'x87: 8087'],
  ['287', 'x87: 80287'],
  ['387', 'x87: 80387'],
  ['PPRO', 'x87: FCOMI and its kind'],
  ['FXSR', 'FXSAVE, FXRSTOR'],
  ['XSAVE', 'XSAVE, XRSTOR, XGETBV, XSETBV'],
  ['XSAVEOPT', 'XSAVEOPT'],
  ['XSAVEC', 'XSAVEC'],
  ['MMX', 'MMX'],
  ['SSE', 'SSE'],
  ['SSE2', 'SSE2'],
  ['SSE3', 'SSE3'],
  ['SSSE3', 'SSSE3'],
  ['SSE4_1', 'SSE4.1'],
  ['SSE4_2', 'SSE4.2'],
  ['AES', 'AES-NI'],
  ['PCLMULQDQ', 'PCLMULQDQ'],
])

/** Operations whose meaning is #UD, on any processor or on one without SMM. SDM vol. 2, UD and RSM. */
const undefinedByDesign: ReadonlySet<string> = new Set(['Ud0', 'Ud1', 'Ud2', 'Rsm'])

export interface InstructionGroup {
  readonly feature: string
  /** Forms that the decoder knows outside 64-bit mode, in any encoding. */
  readonly forms: number
  /** Operations of the forms without VEX, EVEX or XOP prefix: these the engine may run. */
  readonly operations: number
  readonly run: number
  readonly missing: readonly string[]
}

const names = new Map(Object.entries(Operation).map(([name, id]) => [id as number, name]))

/** VEX, EVEX and XOP maps have a letter before them. */
const isLegacy = (encoding: string): boolean => !/^((NP|66|F3|F2|NP66) )?(V0F|E0F|E5|E6|X8|X9|XA)/.test(encoding)

/** All groups in the order of the table. */
export function instructionGroups(): InstructionGroup[] {
  const forms = Map.groupBy(
    Array.from({ length: formCount() - 1 }, (_, i) => facts(i + 1)).filter((form) => form.validOutside64BitMode),
    (form) => form.cpuFeature,
  )
  return [...forms].map(([feature, list]) => {
    const operations = new Set(list.filter(({ encoding }) => isLegacy(encoding)).map(({ operation }) => operation))
    const missing = [...operations]
      .filter((operation) => !isImplemented(operation))
      .map((operation) => names.get(operation)!)
      .filter((name) => !undefinedByDesign.has(name))
    return {
      feature,
      forms: list.length,
      operations: operations.size,
      run: operations.size - missing.length,
      missing,
    }
  })
}
