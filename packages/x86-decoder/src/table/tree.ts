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
function usesModrm(form: Form): boolean {
  const { accepts } = form.selector
  for (const dimension of [Dimension.Mod, Dimension.Reg, Dimension.Rm]) {
    if (accepts[dimension] !== FULL_MASKS[dimension]) return true
  }
  return form.operands.some((operand) => WITH_MODRM.has(templates[operand]!.kind))
}

const DIMENSIONS: number = DIMENSION_VALUES.length

/** Accepted values at `form * DIMENSIONS + dimension`. */
function acceptColumns(): Uint8Array {
  const columns = new Uint8Array(forms.length * DIMENSIONS)
  forms.forEach((form, code) => columns.set(form.selector.accepts, code * DIMENSIONS))
  return columns
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
  const builder: Builder = { accepts: acceptColumns(), cells: [] }
  byOpcode.forEach((codes, opcode) => {
    roots[opcode] = cellFor(builder, codes, 0)
  })
  return Int32Array.from(builder.cells)
}

interface Builder {
  readonly accepts: Uint8Array
  readonly cells: number[]
}

function cellFor(builder: Builder, codes: readonly number[], from: number): number {
  if (codes.length === 0) return 0
  const dimension = nextDimension(builder.accepts, codes, from)
  if (dimension === DIMENSIONS) return codes[0]!
  const { cells } = builder
  const node = cells.length
  const values = DIMENSION_VALUES[dimension]!
  for (let i = 0; i <= values; i++) cells.push(dimension)
  let previous: readonly number[] = []
  for (let value = 0; value < values; value++) {
    const fitting = fittingCodes(builder.accepts, codes, dimension, value)
    const same = value > 0 && equal(fitting, previous)
    cells[node + 1 + value] = same ? cells[node + value]! : cellFor(builder, fitting, dimension + 1)
    previous = fitting
  }
  return ~node
}

/** The first dimension from `from` on in which some row does not accept everything. */
function nextDimension(accepts: Uint8Array, codes: readonly number[], from: number): number {
  for (let dimension = from; dimension < DIMENSIONS; dimension++) {
    for (const code of codes) {
      if (accepts[code * DIMENSIONS + dimension] !== FULL_MASKS[dimension]) return dimension
    }
  }
  return DIMENSIONS
}

function fittingCodes(accepts: Uint8Array, codes: readonly number[], dimension: number, value: number): number[] {
  const fitting: number[] = []
  for (const code of codes) {
    if (accepts[code * DIMENSIONS + dimension]! & (1 << value)) fitting.push(code)
  }
  return fitting
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((code, i) => code === b[i])
}

/** Nodes: see `roots`. */
export const treeCells: Int32Array = build()
