/** Operations on 256 bits kept as 8 unsigned words. */

export function setVector(words: number[], vector: number): void {
  words[vector >> 5] = (words[vector >> 5]! | (1 << (vector & 31))) >>> 0
}

export function clearVector(words: number[], vector: number): void {
  words[vector >> 5] = (words[vector >> 5]! & ~(1 << (vector & 31))) >>> 0
}

export function hasVector(words: readonly number[], vector: number): boolean {
  return ((words[vector >> 5]! >>> (vector & 31)) & 1) === 1
}

/** The highest vector set, -1 if none is. */
export function highestVector(words: readonly number[]): number {
  for (let word = 7; word >= 0; word--) {
    const bits = words[word]!
    if (bits !== 0) return word * 32 + 31 - Math.clz32(bits)
  }
  return -1
}
