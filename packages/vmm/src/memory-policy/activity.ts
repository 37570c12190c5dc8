import { ActivityEstimator } from '@mica-vm/share-allocator'
import type { MemoryPolicyOptions, PolicyClient } from './types.ts'

/** Watches a few pages of a machine at a time, and estimates which part of its memory it uses. */
export class ActivityWatch {
  readonly #client: PolicyClient
  readonly #estimator: ActivityEstimator
  #lookedAtNs: number

  constructor(client: PolicyClient, random: () => number, { samplePages, samplePeriodNs }: MemoryPolicyOptions) {
    this.#client = client
    this.#estimator = new ActivityEstimator({
      pages: client.claim.sizePages,
      random,
      ...(samplePages !== undefined && { samples: samplePages }),
      ...(samplePeriodNs !== undefined && { periodNs: samplePeriodNs }),
    })
    this.#lookedAtNs = client.timeNs()
    client.sampler.onTouched = (ppn) => this.#estimator.touch(ppn)
    this.#watch()
  }

  /** Brings the estimate up to date. Between slices only. */
  update(): void {
    const { claim } = this.#client
    const now = this.#client.timeNs()
    // A machine that was reset begins at zero.
    if (this.#estimator.advance(Math.max(0, now - this.#lookedAtNs))) this.#watch()
    this.#lookedAtNs = now
    claim.active = this.#estimator.active
  }

  end(): void {
    this.#client.sampler.endSampling()
    this.#client.sampler.onTouched = () => {}
  }

  #watch(): void {
    const { sampler } = this.#client
    sampler.endSampling()
    for (const ppn of this.#estimator.watched) sampler.sample(ppn)
  }
}
