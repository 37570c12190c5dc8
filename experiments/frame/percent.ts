/** A part of a whole, as pages tell it: `percent(0.125)` is `12.5 %`. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(1)} %`
}
