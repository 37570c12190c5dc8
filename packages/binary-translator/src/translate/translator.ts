import type { DecodedUnit } from '../decode-unit.ts'
import type { Linkage } from '../interpreter/handlers.ts'
import { codeSignature, importHelpers } from '../runtime/signatures.ts'
import type { TlbOffsets } from '../types.ts'
import { ModuleWriter } from '../wasm/module-writer.ts'
import { RegionTranslator, type UnitAddress } from './region-translator.ts'
import { TranslatedEmitter } from './translated-emitter.ts'

/** A region to translate: its units, the entry first. */
export interface RegionPlan {
  readonly units: readonly DecodedUnit[]
  readonly addressOf: UnitAddress
}

/** Translates `plans` in one module; returns the table slot of each region's function. */
export function translateRegions(plans: readonly RegionPlan[], tlb: TlbOffsets, linkage: Linkage): number[] {
  const instance = new WebAssembly.Instance(
    new WebAssembly.Module(regionModule(plans, tlb, linkage.memoryPages)),
    linkage.imports,
  )
  return plans.map((_, i) => linkage.place(instance.exports[`r${i}`]))
}

/** The bytes of the module that holds `plans`' functions, exported as r0, r1, ... */
export function regionModule(
  plans: readonly RegionPlan[],
  tlb: TlbOffsets,
  memoryPages: number,
): Uint8Array<ArrayBuffer> {
  const module = new ModuleWriter()
  importHelpers(module, memoryPages)
  const codeType = module.type(codeSignature)
  plans.forEach(({ units, addressOf }, i) => {
    const { writer } = module.function(codeSignature, `r${i}`)
    const { mode } = units[0]!
    const emitter = new TranslatedEmitter(writer, tlb, mode, codeType, (signature) => module.type(signature))
    new RegionTranslator(emitter, units, addressOf).translate()
  })
  return module.toBytes()
}
