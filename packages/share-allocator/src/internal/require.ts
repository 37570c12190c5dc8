/** Each says which number is wrong, what it is and what it may be. */

export function requireNatural(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${name} is ${value}; must be an integer from 0`)
}

export function requireFraction(name: string, value: number): void {
  if (!(value >= 0 && value <= 1)) throw new RangeError(`${name} is ${value}; must be a number from 0 to 1`)
}

export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Infinity)) throw new RangeError(`${name} is ${value}; must be a finite number above 0`)
}

export function requireTax(tax: number): void {
  if (!(tax >= 0 && tax < 1)) throw new RangeError(`tax is ${tax}; must be a number from 0 to below 1`)
}
