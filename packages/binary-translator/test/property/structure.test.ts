// Oracle: the definitions, computed naively. A node dominates another if the other cannot be reached without it.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { analyse } from '../../src/translate/structure.ts'

type Graph = readonly (readonly number[])[]

const graphs: fc.Arbitrary<Graph> = fc
  .integer({ min: 1, max: 14 })
  .chain((size) => fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 2 }), { minLength: size, maxLength: size }))

/** Nodes that can be reached from `from` without passing `without`. */
function reachable(graph: Graph, from: number, without = -1): Set<number> {
  const found = new Set<number>()
  const queue = from === without ? [] : [from]
  for (const node of queue) {
    if (found.has(node)) continue
    found.add(node)
    for (const next of graph[node]!) if (next !== without) queue.push(next)
  }
  return found
}

const kept = (graph: Graph): Graph => {
  const { keeps } = analyse(graph)
  return graph.map((list, a) => list.filter((b) => keeps(a, b)))
}

const settings = { seed: 20_260_501, numRuns: 2000 }

it('children are the nodes that their parent dominates immediately', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const { children } = analyse(graph)
      const rest = kept(graph)
      const all = reachable(rest, 0)
      const dominators = (node: number): number[] =>
        [...all].filter((other) => other !== node && !reachable(rest, 0, other).has(node))
      const parent = new Map<number, number>()
      children.forEach((list, node) => list.forEach((child) => parent.set(child, node)))
      for (const node of all) {
        if (node === 0) continue
        const own = dominators(node)
        // The immediate dominator is the one that all others dominate.
        const immediate = own.find((candidate) =>
          own.every((other) => other === candidate || !reachable(rest, 0, other).has(candidate)),
        )
        expect(parent.get(node)).toBe(immediate)
      }
    }),
    settings,
  )
})

it('kept edges are reducible: without the edges back to a dominator no circle is left', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const rest = kept(graph)
      const all = reachable(rest, 0)
      const dominates = (a: number, b: number): boolean => a === b || !reachable(rest, 0, a).has(b)
      const forward = rest.map((list, a) => list.filter((b) => !all.has(a) || !dominates(b, a)))
      for (const node of all) for (const next of forward[node]!) expect(reachable(forward, next).has(node)).toBe(false)
    }),
    settings,
  )
})

it('merge nodes have two forward edges into them, loop heads have one back; order numbers only what is reached', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const { order, merge, loop } = analyse(graph)
      const rest = kept(graph)
      const all = reachable(rest, 0)
      for (let node = 0; node < graph.length; node++) {
        expect(order[node]! >= 0).toBe(all.has(node))
        if (!all.has(node)) continue
        const before = [...all].flatMap((from) => rest[from]!.filter((to) => to === node).map(() => from))
        const back = before.filter((from) => order[node]! <= order[from]!)
        expect(loop[node]).toBe(back.length > 0)
        expect(merge[node]).toBe(before.length - back.length > 1)
      }
    }),
    settings,
  )
})

it('an edge is given up only where a circle is entered twice', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const { keeps } = analyse(graph)
      const all = reachable(graph, 0)
      graph.forEach((list, a) => {
        for (const b of list) if (all.has(a) && !keeps(a, b)) expect(reachable(graph, b).has(a)).toBe(true)
      })
    }),
    settings,
  )
})
