// Oracle: a list of what is cached, searched from end to end. A write drops exactly the units that it overlaps and the regions that hold one
// of them, each region's slot is given back once, and what is watched, byte by byte and in the chunk map, is what is code.
import fc from 'fast-check'
import { it } from 'vitest'
import { CacheModel, frames, pageBytes } from './code-cache-model.ts'

const place = fc.tuple(
  fc.constantFrom(...frames),
  fc.oneof(fc.nat(4095), fc.integer({ min: 4080, max: 4095 }), fc.nat(40)),
)
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(
      fc.constant('add' as const),
      place,
      fc.integer({ min: 1, max: 120 }),
      fc.nat(1),
      fc.constantFrom(...frames),
    ),
  },
  { weight: 4, arbitrary: fc.tuple(fc.constant('translate' as const), fc.nat(), fc.nat(5)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('write' as const), place, fc.constantFrom(1, 2, 4, 8, 64)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('frame' as const), fc.constantFrom(...frames)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('flush' as const)) },
)

it('drops exactly what a write overlaps', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const model = new CacheModel()
      for (const one of steps) {
        if (one[0] === 'add') model.add(one[1][0] + one[1][1], one[2], one[3], one[4])
        else if (one[0] === 'translate') model.translate(one[1], one[2])
        else if (one[0] === 'write') model.write(one[1][0] + one[1][1], Math.min(one[2], pageBytes - one[1][1]))
        else if (one[0] === 'frame') model.write(one[1], pageBytes)
        else model.flush()
        model.check()
      }
    }),
    { seed: 20_260_504, numRuns: 300 },
  )
})
