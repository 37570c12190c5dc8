import { Access } from '../types.ts'

/** What the table's access letters stand for; DESIGN.md lists them. */
export const ACCESS_LETTERS: Readonly<Record<string, Access>> = {
  n: Access.None,
  r: Access.Read,
  w: Access.Write,
  x: Access.ReadWrite,
  c: Access.ConditionalWrite,
  y: Access.ReadConditionalWrite,
  q: Access.ConditionalRead,
}
