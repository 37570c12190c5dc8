import { codesOf, formOf } from './forms.ts'
import type { Form } from './forms.ts'
import { Dimension, DIMENSION_VALUES, FULL_MASKS, MAP_COUNT } from './selector.ts'
import { templateColumns, TemplateKind } from './templates.ts'

/**
 * Decision trees over the rows of each opcode, grown when the opcode is first met. A cell >= 0 is a form; a cell < 0 is
 * a node: `~cell` indexes `tree.cells`, whose first element is the dimension to test and whose next ones are the cells
 * for each of its values.
 */
export const roots: Int32Array = new Int32Array(MAP_COUNT << 8).fill(0x7fffffff)
/** The root of an opcode whose tree is not grown. */
export const UNGROWN = 0x7fffffff
/** 1 where an opcode (of a grown tree) has a ModRM byte. */
export const hasModrm: Uint8Array = new Uint8Array(MAP_COUNT << 8)

/** The nodes of all trees. */
export const tree: { cells: Int32Array; length: number } = { cells: new Int32Array(1 << 12), length: 0 }

const WITHOUT_MODRM: ReadonlySet<number> = new Set([
  TemplateKind.OpcodeGeneral, TemplateKind.Immediate, TemplateKind.ImmediateSigned, TemplateKind.ImmediateByteSigned,
  TemplateKind.ImmediateFull, TemplateKind.ImmediateSecond, TemplateKind.Relative, TemplateKind.Far, TemplateKind.Offset,
  TemplateKind.Fixed, TemplateKind.FixedGeneral, TemplateKind.One,
])

function usesModrm(form: Form): boolean {
  const { accepts } = form.selector
  for (const dimension of [Dimension.Mod, Dimension.Reg, Dimension.Rm]) {
    if (accepts[dimension] !== FULL_MASKS[dimension]) return true
  }
  return form.operands.some((operand) => !WITHOUT_MODRM.has(templateColumns.kind[operand]!))
}

/** Grows the tree of an opcode (`map << 8 | opcode`) and returns its root. Allocates: once per opcode. */
export function growTree(opcode: number): number {
  const codes = codesOf(opcode)
  if (codes.some((code) => usesModrm(formOf(code)))) hasModrm[opcode] = 1
  const root = cellFor(codes, 0)
  roots[opcode] = root
  return root
}

function cellFor(codes: readonly number[], from: number): number {
  if (codes.length === 0) return 0
  const dimension = nextDimension(codes, from)
  if (dimension === DIMENSION_VALUES.length) return codes[0]!
  const values = DIMENSION_VALUES[dimension]!
  const node = newNode(dimension, values)
  let previous: readonly number[] = []
  for (let value = 0; value < values; value++) {
    const fitting = codes.filter((code) => formOf(code).selector.accepts[dimension]! & (1 << value))
    const same = value > 0 && equal(fitting, previous)
    const cell = same ? tree.cells[node + value]! : cellFor(fitting, dimension + 1)
    tree.cells[node + 1 + value] = cell
    previous = fitting
  }
  return ~node
}

function newNode(dimension: number, values: number): number {
  const node = tree.length
  tree.length += values + 1
  if (tree.length > tree.cells.length) {
    const larger = new Int32Array(tree.cells.length * 2)
    larger.set(tree.cells)
    tree.cells = larger
  }
  tree.cells[node] = dimension
  return node
}

/** The first dimension from `from` on in which some row does not accept everything. */
function nextDimension(codes: readonly number[], from: number): number {
  for (let dimension = from; dimension < DIMENSION_VALUES.length; dimension++) {
    for (const code of codes) {
      if (formOf(code).selector.accepts[dimension] !== FULL_MASKS[dimension]) return dimension
    }
  }
  return DIMENSION_VALUES.length
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((code, i) => code === b[i])
}
