import { Operation, facts } from '@mica-vm/x86-decoder'
import { type CpuFeature, featurePlaces, isCpuFeature } from './system/cpuid-bits.ts'
import { familyOfModel, hasFeature } from './system/features.ts'
import type { CpuModel } from './system/types.ts'

/** Words of the decoder's table for what every model has. */
const always = new Set(['8086', '186', '286', '386', '486', 'CPUID', 'FPU', '287', '387'])
/** Words that CPUID has no bit for: the feature that came along, or the P6 family. */
const announcedBy: Readonly<Record<string, CpuFeature>> = { PPRO: 'CMOV' }
const sinceP6 = new Set(['RDPMC'])

/** The no-operations of the P6, 0F 18 to 0F 1F, have no word of their own. */
const hints = new Set<number>([Operation.ReservedNop])
const longNop = /^0F1F /

/**
 * What bytes mean to a processor without the feature: their prefix is ignored, or they are a hint that it does not
 * take. All others raise #UD. SDM vol. 2: LZCNT, TZCNT, PAUSE, WBNOINVD; vol. 1, section 17.3.6 for ENDBR and RDSSP.
 */
const ignoredPrefix = new Map<number, number>([
  [Operation.Lzcnt, Operation.Bsr],
  [Operation.Tzcnt, Operation.Bsf],
  [Operation.Pause, Operation.Nop],
  [Operation.Wbnoinvd, Operation.Wbinvd],
])
const ignoredHint = new Set<number>([
  Operation.Prefetchnta,
  Operation.Prefetcht0,
  Operation.Prefetcht1,
  Operation.Prefetcht2,
  Operation.Prefetchit0,
  Operation.Prefetchit1,
  Operation.Cldemote,
  Operation.Endbr32,
  Operation.Endbr64,
  Operation.Rdssp,
])

/** The instructions of a processor model, as CPUID announces them. */
export class InstructionSet {
  /** Equal keys mean equal sets. */
  readonly key: string
  readonly #features: ReadonlySet<string>
  readonly #isP6: boolean
  /** By form, as far as met. */
  readonly #operations: number[] = []

  constructor(model: CpuModel) {
    const names = Object.keys(featurePlaces).filter((name) => hasFeature(model, name as CpuFeature))
    this.#features = new Set(names)
    this.#isP6 = familyOfModel(model) >= 6
    this.key = `${names.join(' ')} ${this.#isP6}`
  }

  /**
   * The operation that an encoding of form `code` has on this processor: the one that the decoder names, another where
   * a prefix is ignored, or `Operation.Invalid` for one that raises #UD.
   */
  operationOf(code: number): number {
    return (this.#operations[code] ??= this.#find(code))
  }

  #find(code: number): number {
    const { operation, cpuFeature, encoding } = facts(code)
    if (this.#has(cpuFeature)) {
      const isHint = hints.has(operation) || longNop.test(encoding)
      return isHint && !this.#isP6 ? Operation.Invalid : operation
    }
    if (ignoredHint.has(operation) && this.#isP6) return Operation.ReservedNop
    return ignoredPrefix.get(operation) ?? Operation.Invalid
  }

  #has(word: string): boolean {
    if (always.has(word) || (this.#isP6 && sinceP6.has(word))) return true
    return this.#features.has(isCpuFeature(word) ? word : (announcedBy[word] ?? ''))
  }
}
