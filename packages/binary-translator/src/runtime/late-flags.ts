import { CodeEmitter } from '../emit/code-emitter.ts'
import { pushCarryVector, pushStepAux } from '../emit/flag-words.ts'
import type { FunctionWriter, Local } from '../wasm/function-writer.ts'
import type { ModuleWriter } from '../wasm/module-writer.ts'
import { Op, type ValueType } from '../wasm/opcodes.ts'
import { helperSignature } from './signatures.ts'

/** What aux is to be made of where translated code has put that off: CF in its bit 31 and the result, or the operands and the result. */
export const Late = { nothing: 0, inc: 1, dec: 2, sub: 4, add: 8 } as const

class Writer extends CodeEmitter {
  override w: FunctionWriter

  constructor(writer: FunctionWriter) {
    super()
    this.w = writer
  }

  override temporary(): Local {
    return this.w.local()
  }

  override typed(type: ValueType): Local {
    return this.w.local(type)
  }
}

/** Defines and exports `lateAux`: (kind, a, b, result, aux) -> aux of a 32-bit operation of one of the kinds of `Late`. */
export function writeLateAux(module: ModuleWriter): void {
  const [kind, a, b, r, aux] = [0, 1, 2, 3, 4]
  const e = new Writer(module.function(helperSignature('lateAux'), 'lateAux').writer)
  for (const step of ['inc', 'dec'] as const) {
    e.push(kind).i32(Late[step]).op(Op.i32_eq)
    e.when(() => {
      const cf = e.push(aux).i32(31).op(Op.i32_shr_u).pop()
      pushStepAux(e, { kind: step, size: 4, r }, cf)
      e.op(Op.return)
    })
  }
  e.push(kind).i32(Late.sub).op(Op.i32_eq)
  e.when(() => {
    pushCarryVector(e, { kind: 'sub', size: 4, a, b, r })
    e.op(Op.return)
  })
  pushCarryVector(e, { kind: 'add', size: 4, a, b, r })
}
