import { Layout } from '../state/layout.ts'
import type { SystemContext } from './context.ts'
import { armBreakpoints } from './debug-registers.ts'
import { HostOutOfMemory } from './guest-fault.ts'
import { refreshAll } from './mode.ts'
import { Privilege, type Write } from './types.ts'

/**
 * Does `work`, or, where the host has no frame for all of it, nothing: state, paging, and what was written by `write` are as they were when
 * `HostOutOfMemory` goes on to whoever tries again. A fault of the guest's takes nothing back.
 */
export function transact(system: SystemContext, work: (write: Write) => void): void {
  const { state, memory, paging } = system
  const cells = state.u8.slice(state.base, state.base + Layout.scratch)
  const restorePaging = paging.checkpoint?.()
  const written: (() => void)[] = []
  try {
    work((linear, size, value) => written.push(memory.replace(linear >>> 0, size, value, Privilege.Implicit)))
  } catch (thrown) {
    if (!(thrown instanceof HostOutOfMemory)) throw thrown
    for (const putBack of written.reverse()) putBack()
    restorePaging?.()
    state.u8.set(cells, state.base)
    armBreakpoints(system)
    refreshAll(system)
    throw thrown
  }
}
