import type { Chain, Virtqueue } from '../types.ts'

/**
 * Serves the buffers that wait, at most as many as the ring has: a driver could let the device write into its own ring, and so make
 * available more and more. `serve` returns how many bytes it wrote; null leaves the buffer where it is, and ends the turn.
 */
export function drain(queue: Virtqueue, serve: (chain: Chain) => number | null): void {
  for (let count = 0; count < queue.size; count++) {
    const chain = queue.take()
    if (chain === null) break
    const written = serve(chain)
    if (written === null) {
      queue.putBack(chain)
      break
    }
    queue.complete(chain, written)
  }
  queue.notifyDriver()
}
