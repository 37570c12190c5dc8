import { forms } from './forms.ts'
import type { Form } from './forms.ts'
import { Dimension, DIMENSION_VALUES, FULL_MASKS, MAP_COUNT } from './selector.ts'
import { TemplateKind, templates } from './templates.ts'

const WITH_MODRM: ReadonlySet<number> = new Set([
  TemplateKind.RmGeneral, TemplateKind.RegGeneral, TemplateKind.RmGeneralOnly, TemplateKind.MemoryOnly,
  TemplateKind.RegSegment, TemplateKind.RegSegmentTarget, TemplateKind.RegControl, TemplateKind.RegDebug,
  TemplateKind.RegVector, TemplateKind.RmVector, TemplateKind.RmVectorOnly, TemplateKind.RmX87, TemplateKind.RegAddress,
  TemplateKind.RmAddress,
])

/**
 * Decision trees over the rows. A cell >= 0 is a form; a cell < 0 is a node: `~cell` indexes `treeCells`, whose first
 * element is the dimension to test and whose next ones are the cells for each of its values.
 */
export const roots: Int32Array = new Int32Array(MAP_COUNT << 8)
/** 1 where an opcode has a ModRM byte. */
export const hasModrm: Uint8Array = new Uint8Array(MAP_COUNT << 8)
export const treeCells: Int32Array = build()

function usesModrm(form: Form): boolean {
  const { accepts } = form.selector
  for (const dimension of [Dimension.Mod, Dimension.Reg, Dimension.Rm]) {
    if (accepts[dimension] !== FULL_MASKS[dimension]) return true
  }
  return form.operands.some((operand) => WITH_MODRM.has(templates[operand]!.kind))
}

function build(): Int32Array {
  const byOpcode: number[][] = Array.from({ length: roots.length }, () => [])
  for (let code = 1; code < forms.length; code++) {
    const form = forms[code]!
    const first = (form.selector.map << 8) | form.selector.opcode
    const modrm = usesModrm(form) ? 1 : 0
    for (let opcode = first; opcode < first + form.selector.span; opcode++) {
      byOpcode[opcode]!.push(code)
      hasModrm[opcode]! |= modrm
    }
  }
  const cells: number[] = []
  byOpcode.forEach((codes, opcode) => {
    roots[opcode] = cellFor(cells, codes, 0)
  })
  return Int32Array.from(cells)
}

function cellFor(cells: number[], codes: readonly number[], from: number): number {
  if (codes.length === 0) return 0
  let dimension = from
  while (dimension < DIMENSION_VALUES.length && codes.every((code) => acceptsAll(code, dimension))) dimension++
  if (dimension === DIMENSION_VALUES.length) return codes[0]!
  const node = cells.length
  const values = DIMENSION_VALUES[dimension]!
  for (let i = 0; i <= values; i++) cells.push(dimension)
  for (let value = 0; value < values; value++) {
    const fitting = codes.filter((code) => forms[code]!.selector.accepts[dimension]! & (1 << value))
    cells[node + 1 + value] = cellFor(cells, fitting, dimension + 1)
  }
  return ~node
}

function acceptsAll(code: number, dimension: number): boolean {
  return forms[code]!.selector.accepts[dimension] === FULL_MASKS[dimension]
}
