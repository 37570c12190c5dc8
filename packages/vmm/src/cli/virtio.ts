import { existsSync } from 'node:fs'
import type { VirtioDisk, VirtioOptions } from '../virtio/options.ts'
import type { VirtualMachine } from '../virtual-machine.ts'
import { openVirtioDisk } from './media.ts'
import type { RunOptions } from './options.ts'

const readOnlySuffix = ',readonly'

/** The virtio devices that the options name. @throws UsageError */
export function virtioOf(options: RunOptions, warn: (text: string) => void): VirtioOptions {
  const { virtioDisk, virtioConsole, virtioRng, virtioMode } = options
  return {
    blk: virtioDisk.map((text): VirtioDisk => {
      const { path, isReadOnly } = diskFile(text)
      return { store: openVirtioDisk(options, path, isReadOnly, warn) }
    }),
    rng: virtioRng,
    console: virtioConsole !== undefined && { input: process.stdin.isTTY === true ? 'at-once' : 'on-demand' },
    mode: virtioMode,
  }
}

/** Says which devices have a driver in the guest that breaks the rules; each once, though it may break them again and again. */
export function reportBrokenDrivers(vm: VirtualMachine, say: (device: string, text: string) => void): void {
  const known = new Set<string>()
  vm.on('virtio-failure', ({ device, reason }) => {
    if (!known.has(device)) say(device, `the guest's driver broke the rules, and has to reset it (${reason})`)
    known.add(device)
  })
}

/** `FILE` or `FILE,readonly`; a file that has such a name is taken whole. */
function diskFile(text: string): { path: string; isReadOnly: boolean } {
  const isReadOnly = text.endsWith(readOnlySuffix) && !existsSync(text)
  return { path: isReadOnly ? text.slice(0, -readOnlySuffix.length) : text, isReadOnly }
}
