import { expect, test } from 'vitest'
import { checkArrows, forbidden, importsOf } from '../check-arrows.ts'
import type { Package } from '../workspace.ts'

function fake(folder: string, tag: string): Package {
  return {
    folder,
    directory: `nowhere/${folder}`,
    manifest: { name: `@mica-vm/${folder}`, version: '0.0.0' },
    tags: [tag],
  }
}

test('imports are found in every form, and not in comments', () => {
  const source = `
/** Shows \`import { a } from 'shown'\`. */
// import 'gone'
import { a } from 'named'
import type { B } from 'types'
import {
  c,
  d,
} from './many.ts'
import 'effect'
export { e } from 'again'
export type * from 'all-types'
const f = await import('late')
`
  expect(importsOf(source)).toEqual([
    { specifier: 'named', typeOnly: false },
    { specifier: 'types', typeOnly: true },
    { specifier: './many.ts', typeOnly: false },
    { specifier: 'effect', typeOnly: false },
    { specifier: 'again', typeOnly: false },
    { specifier: 'all-types', typeOnly: true },
    { specifier: 'late', typeOnly: false },
  ])
})

test('a primitive imports no sibling, a composition imports primitives', () => {
  const [memory, mmu] = [fake('machine-memory', 'layer:primitive'), fake('shadow-mmu', 'layer:primitive')]
  const vmm = fake('vmm', 'layer:composition')
  expect(forbidden(mmu, memory, true)).toContain('declare a port')
  expect(forbidden(vmm, memory, false)).toBeUndefined()
  expect(forbidden(memory, vmm, false)).toContain('declare a port')
})

test('the two exceptions hold in one direction, one of them for types alone', () => {
  const [translator, decoder] = [fake('binary-translator', 'layer:primitive'), fake('x86-decoder', 'layer:primitive')]
  expect(forbidden(translator, decoder, false)).toBeUndefined()
  expect(forbidden(decoder, translator, false)).toContain('declare a port')
  const [balloon, virtio] = [fake('balloon', 'layer:primitive'), fake('virtio', 'layer:primitive')]
  expect(forbidden(balloon, virtio, true)).toBeUndefined()
  expect(forbidden(balloon, virtio, false)).toContain('only types')
})

test('a package without a layer is reported', () => {
  expect(checkArrows([fake('unheard-of', 'layer:none')])).toHaveLength(1)
})
