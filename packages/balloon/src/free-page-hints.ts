import type { Chain } from '@mica-vm/virtio'
import { HintCommand, PAGE_BYTES } from './registers.ts'
import type { BalloonEvent, BalloonPages } from './types.ts'
import type { Violations } from './violations.ts'

export interface FreePageHintsParts {
  readonly pages: BalloonPages
  readonly emit: (event: BalloonEvent) => void
  readonly violations: Violations
}

/**
 * Free page hinting (5.5.6.6). The host names a round; the driver begins it by sending the round's number, names pages that it has just
 * allocated for nothing else, and ends it with `STOP`. It may use them again at any time without a word, so their contents must not
 * be dropped: who copies the guest's memory may copy them last, or not at all as long as they are not written.
 */
export class FreePageHints {
  readonly #parts: FreePageHintsParts
  /** What the driver reads in configuration space. */
  command: number = HintCommand.STOP
  #round: number = HintCommand.FIRST - 1
  #isNaming = false

  constructor(parts: FreePageHintsParts) {
    this.#parts = parts
  }

  begin(): void {
    this.#round = this.#round >= 0xffff_ffff ? HintCommand.FIRST : this.#round + 1
    this.command = this.#round
    this.#isNaming = false
  }

  end(): void {
    this.command = HintCommand.DONE
    this.#isNaming = false
  }

  /** Takes what the driver sent; returns how many pages were looked at. */
  take(chain: Chain): number {
    if (chain.readableBytes >= 4) this.#takeCommand(chain)
    if (!this.#isNaming) return 1
    let start = 0
    let length = 0
    const tell = (): void => {
      if (length > 0) this.#parts.emit({ kind: 'hint', ppn: start, pages: length })
    }
    this.#parts.violations.wholePages(chain, this.#parts.pages, (ppn) => {
      if (ppn === start + length) return void length++
      tell()
      start = ppn
      length = 1
    })
    tell()
    return 1 + Math.ceil(chain.writableBytes / PAGE_BYTES)
  }

  reset(): void {
    this.command = HintCommand.STOP
    this.#isNaming = false
  }

  snapshot(): { command: number; round: number; isNaming: boolean } {
    return { command: this.command, round: this.#round, isNaming: this.#isNaming }
  }

  restore({ command, round, isNaming }: { command: number; round: number; isNaming: boolean }): void {
    this.command = command
    this.#round = round
    this.#isNaming = isNaming
  }

  #takeCommand(chain: Chain): void {
    const bytes = new Uint8Array(4)
    if (!chain.read(bytes)) return
    const command = new DataView(bytes.buffer).getUint32(0, true)
    if (command === this.command && command >= HintCommand.FIRST) this.#isNaming = true
    else if (command === HintCommand.STOP && this.#isNaming) {
      this.#isNaming = false
      this.#parts.emit({ kind: 'hints-done' })
    }
  }
}
