import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  aliasFile,
  closeOverDependencies,
  dependencyFile,
  moduleName,
  readModuleFacts,
} from '../../src/kernel-modules.ts'
import type { FoundModule } from '../../src/kernel-modules.ts'
import { elfModule } from '../support/elf-module.ts'

const RUNS = { seed: 20260704, numRuns: 300 } as const

/** Modules 0..n-1, each needing some of those before it. */
const graph = fc
  .integer({ min: 1, max: 10 })
  .chain((count) =>
    fc.tuple(
      ...Array.from({ length: count }, (_, index) =>
        fc.uniqueArray(fc.nat(Math.max(0, index - 1)), { maxLength: index }),
      ),
    ),
  )
  .map((lists) =>
    lists.map((needs, index) => ({
      name: `m${index}`,
      needs: needs.map((need) => `m${need}`).filter((need) => need !== `m${index}`),
    })),
  )

function found(name: string, depends: readonly string[]): FoundModule {
  return {
    name,
    path: `kernel/${name}.ko`,
    data: new Uint8Array(0),
    depends,
    softDepends: [],
    aliases: [`pci:${name}*`],
  }
}

test('the closure has each needed module once, after all it needs (oracle: reachability by repeated search)', async () => {
  await fc.assert(
    fc.asyncProperty(graph, fc.nat(), async (modules, pick) => {
      const wanted = `m${pick % modules.length}`
      const reachable = new Set([wanted])
      for (let size = 0; size !== reachable.size;) {
        size = reachable.size
        for (const { name, needs } of modules) if (reachable.has(name)) needs.forEach((need) => reachable.add(need))
      }
      const load = (name: string): Promise<FoundModule | undefined> => {
        const module = modules.find((each) => each.name === name)
        return Promise.resolve(module && found(name, module.needs))
      }
      const closure = await closeOverDependencies([wanted, 'built_in'], load)
      const names = closure.map(({ name }) => name)
      expect(new Set(names)).toEqual(reachable)
      expect(names.length).toBe(reachable.size)
      closure.forEach(({ depends }, index) =>
        depends.forEach((need) => expect(names.indexOf(need)).toBeLessThan(index)),
      )
      const lines = dependencyFile(closure)
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/:? /))
      for (const [file = '', ...files] of lines) {
        const own = await closeOverDependencies([moduleName(file.replace(/:$/, ''))], load)
        expect(new Set(files)).toEqual(new Set(own.slice(0, -1).map(({ path }) => path)))
        const order = files.map((each) => names.indexOf(moduleName(each)))
        expect(order).toEqual([...order].sort((a, b) => b - a))
      }
    }),
    RUNS,
  )
})

test.each([32, 64] as const)(
  'facts come back from a module file of %i bits (oracle: what it was made from)',
  (bits) => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/)
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 4 }),
        fc.array(word, { maxLength: 3 }),
        fc.array(fc.stringMatching(/^pci:v[0-9A-F]{8}\*$/), { maxLength: 3 }),
        (depends, soft, aliases) => {
          const lines = [
            'license=GPL',
            `depends=${depends.join(',')}`,
            ...aliases.map((each) => `alias=${each}`),
            ...(soft.length > 0 ? [`softdep=pre: ${soft.join(' ')}`] : []),
          ]
          expect(readModuleFacts(elfModule(bits, lines))).toEqual({
            depends: depends.map(moduleName),
            softDepends: soft.map(moduleName),
            aliases,
          })
        },
      ),
      RUNS,
    )
  },
)

test('damaged module files are no modules, never an exception', () => {
  const whole = elfModule(32, ['depends=a'])
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 }),
      (length, changes) => {
        const harmed = whole.slice(0, length)
        for (const [at, value] of changes) if (at < harmed.length) harmed[at] = value
        expect(() => readModuleFacts(harmed)).not.toThrow()
      },
    ),
    RUNS,
  )
})

test('aliases name the module that drives the device', () => {
  expect(aliasFile([found('virtio_pci', []), found('b', [])])).toBe(
    'alias pci:virtio_pci* virtio_pci\nalias pci:b* b\n',
  )
})
