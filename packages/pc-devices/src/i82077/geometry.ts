/** How a diskette's sectors lie, and the data rates (CCR codes) that read it. */
export interface FloppyGeometry {
  cylinders: number
  heads: number
  sectorsPerTrack: number
  rates: readonly number[]
}

/** By the number of sectors of 512 bytes: 360K, 720K, 1.2M, 1.44M, 2.88M. */
const GEOMETRIES: ReadonlyMap<number, FloppyGeometry> = new Map([
  [720, { cylinders: 40, heads: 2, sectorsPerTrack: 9, rates: [1, 2] }],
  [1440, { cylinders: 80, heads: 2, sectorsPerTrack: 9, rates: [2] }],
  [2400, { cylinders: 80, heads: 2, sectorsPerTrack: 15, rates: [0] }],
  [2880, { cylinders: 80, heads: 2, sectorsPerTrack: 18, rates: [0] }],
  [5760, { cylinders: 80, heads: 2, sectorsPerTrack: 36, rates: [3] }],
])

/** @throws RangeError for a size that no diskette has. */
export function floppyGeometry(sectors: number): FloppyGeometry {
  const geometry = GEOMETRIES.get(sectors)
  if (geometry) return geometry
  throw new RangeError(`a diskette has ${[...GEOMETRIES.keys()].join(', ')} sectors, got ${sectors}`)
}
