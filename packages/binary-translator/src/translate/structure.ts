/**
 * The shape of a region's control-flow graph that structured code needs. Nodes are numbered from 0, the entry.
 */
export interface Structure {
  /** Reverse post-order number of each node; -1 for unreachable ones. */
  readonly order: readonly number[]
  /** Children in the dominator tree, by node. */
  readonly children: readonly (readonly number[])[]
  /** Nodes with two or more forward edges into them. */
  readonly merge: readonly boolean[]
  /** Nodes that a back edge enters. */
  readonly loop: readonly boolean[]
  /** Whether the edge from `a` to `b` may be taken inside the region (irreducible ones may not). */
  readonly keeps: (a: number, b: number) => boolean
}

/**
 * Analyses `successors`. Edges that would enter a loop elsewhere than at its head are given up until the rest is
 * reducible, so that blocks and loops can express it (Ramsey, Beyond Relooper, ICFP 2022).
 */
export function analyse(successors: readonly (readonly number[])[]): Structure {
  let edges = successors.map((list) => [...list])
  for (;;) {
    const order = reversePostOrder(edges)
    const dominator = dominators(edges, order)
    const bad = irreducible(edges, order, dominator)
    if (bad.size === 0) return describe(edges, order, dominator)
    edges = edges.map((list, a) => list.filter((b) => !bad.has(a * edges.length + b)))
  }
}

function reversePostOrder(edges: readonly (readonly number[])[]): number[] {
  const order = edges.map(() => -1)
  const visited = edges.map(() => false)
  const finished: number[] = []
  const visit = (node: number): void => {
    visited[node] = true
    for (const next of edges[node]!) if (!visited[next]) visit(next)
    finished.push(node)
  }
  visit(0)
  finished.reverse().forEach((node, i) => (order[node] = i))
  return order
}

/** Immediate dominators by the iterative algorithm of Cooper, Harvey and Kennedy. */
function dominators(edges: readonly (readonly number[])[], order: readonly number[]): number[] {
  const dominator = edges.map(() => -1)
  dominator[0] = 0
  const nodes = edges.map((_, node) => node).filter((node) => order[node]! > 0)
  nodes.sort((a, b) => order[a]! - order[b]!)
  const meet = (a: number, b: number): number => {
    let [x, y] = [a, b]
    while (x !== y) {
      while (order[x]! > order[y]!) x = dominator[x]!
      while (order[y]! > order[x]!) y = dominator[y]!
    }
    return x
  }
  for (let changed = true; changed;) {
    changed = false
    for (const node of nodes) {
      let found = -1
      edges.forEach((list, from) => {
        if (dominator[from] !== -1 && list.includes(node)) found = found === -1 ? from : meet(found, from)
      })
      if (dominator[node] !== found) {
        dominator[node] = found
        changed = true
      }
    }
  }
  return dominator
}

const dominates = (dominator: readonly number[], a: number, b: number): boolean => {
  let node = b
  while (node !== a && node !== 0) node = dominator[node]!
  return node === a
}

function irreducible(
  edges: readonly (readonly number[])[],
  order: readonly number[],
  dominator: readonly number[],
): Set<number> {
  const bad = new Set<number>()
  edges.forEach((list, a) => {
    if (order[a]! < 0) return
    for (const b of list) {
      if (order[b]! <= order[a]! && !dominates(dominator, b, a)) bad.add(a * edges.length + b)
    }
  })
  return bad
}

function describe(
  edges: readonly (readonly number[])[],
  order: readonly number[],
  dominator: readonly number[],
): Structure {
  const forward = edges.map(() => 0)
  const loop = edges.map(() => false)
  edges.forEach((list, a) => {
    if (order[a]! < 0) return
    for (const b of list) {
      if (order[b]! <= order[a]!) loop[b] = true
      else forward[b]!++
    }
  })
  const children: number[][] = edges.map(() => [])
  dominator.forEach((parent, node) => {
    if (node !== 0 && parent >= 0) children[parent]!.push(node)
  })
  const merge = forward.map((count) => count > 1)
  return { order, children, merge, loop, keeps: (a, b) => edges[a]!.includes(b) }
}
