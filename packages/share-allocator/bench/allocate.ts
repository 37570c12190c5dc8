/**
 * What targets cost: `node --conditions=@mica-vm/source packages/share-allocator/bench/allocate.ts`.
 * Prints microseconds of processor time per call, the median of several rounds, beside revocation one page at a time.
 */
import { allocate } from '../src/index.ts'
import type { Client } from '../src/index.ts'

const ROUNDS = 15

function measure(name: string, calls: number, operation: () => void): void {
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.cpuUsage()
    for (let call = 0; call < calls; call++) operation()
    const { user, system } = process.cpuUsage(start)
    times.push((user + system) / calls)
  }
  times.sort((a, b) => a - b)
  console.log(`${name.padEnd(60)} ${times[ROUNDS >> 1]!.toFixed(1).padStart(9)} us`)
}

/** Virtual machines of 256 MiB with all kinds of shares and activity. */
function clientsOf(count: number): Client[] {
  return Array.from({ length: count }, (_, i) => ({
    shares: 500 + ((i * 37) % 1000),
    min: 4096 * (i % 3),
    max: 65536,
    active: ((i * 61) % 100) / 100,
  }))
}

function revokeOneByOne(clients: readonly Client[], capacity: number): number[] {
  const pages = clients.map(({ max }) => max)
  const prices = clients.map(({ active, shares }) => (active + 4 * (1 - active)) / shares)
  for (let over = pages.reduce((sum, each) => sum + each, 0) - capacity; over > 0; over--) {
    let victim = 0
    for (let i = 0, most = -1; i < pages.length; i++) {
      const price = pages[i]! * prices[i]!
      if (price <= most || pages[i]! <= clients[i]!.min) continue
      victim = i
      most = price
    }
    pages[victim]!--
  }
  return pages
}

for (const count of [10, 100, 1000]) {
  const clients = clientsOf(count)
  const capacity = Math.floor(65536 * count * 0.6)
  measure(`${count} clients of 65,536 pages, capacity for 60 %`, 10_000 / count, () => allocate(clients, capacity))
}
const clients = clientsOf(10)
measure('10 clients, one page at a time (for comparison)', 1, () => revokeOneByOne(clients, Math.floor(65536 * 6)))
