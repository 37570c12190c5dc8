import { allocate } from '@mica-vm/share-allocator'
import type { PolicyClient } from './types.ts'

/** Why pages could not be had from a machine is its store's affair; the host hears of it when the guest needs one. */
const swapped = 'swapped'

/**
 * Takes `wanted` pages from `clients`, those with the fewest shares per page first, and never below what is guaranteed. Each page is
 * looked for elsewhere before it is swapped out. Returns how many frames that has freed.
 */
export function takePages(
  clients: readonly PolicyClient[],
  wanted: number,
  { tax, random }: { readonly tax: number; readonly random: () => number },
): number {
  const holds = clients.map(({ claim, pages }) => {
    const max = pages.residentPages
    const { shares, active, minPages } = claim
    return { shares, active, max, min: Math.min(minPages, max) }
  })
  const held = holds.reduce((sum, { max }) => sum + max, 0)
  const guaranteed = holds.reduce((sum, { min }) => sum + min, 0)
  const left = allocate(holds, Math.max(guaranteed, held - wanted), { tax })
  return clients.reduce((freed, client, i) => freed + takeFrom(client, holds[i]!.max - left[i]!, random), 0)
}

/** Takes `count` pages of a machine, drawn at random: fewer if its other frames are shared, or its store takes no more. */
export function takeFrom(client: PolicyClient, count: number, random: () => number): number {
  let freed = 0
  for (const ppn of client.pages.chooseVictims(count, random)) {
    if (client.tryShare(ppn)) freed++
    else if (client.pages.swapOut(ppn) === swapped) freed++
    // What refuses one page refuses the next one, too.
    else break
  }
  return freed
}

/** What the guest's balloon shall hold so that the machine comes to its target. */
export function balloonTarget({ claim, pages, balloon }: PolicyClient): number {
  const wanted = (balloon?.actual ?? 0) + pages.residentPages - claim.targetPages
  return Math.max(0, Math.min(claim.sizePages - claim.minPages, wanted))
}
