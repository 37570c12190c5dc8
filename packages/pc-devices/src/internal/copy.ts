/** A deep copy of plain data. */
export function copyOf<T>(state: T): T {
  return structuredClone(state)
}
