export function requireNatural(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is ${value}; must be an integer from 0`)
}

export function requireRate(name: string, value: number): void {
  if (!(value >= 0)) throw new RangeError(`${name} is ${value}; must be a number from 0, or Infinity`)
}
