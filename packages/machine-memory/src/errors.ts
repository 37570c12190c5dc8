/** What a swap store throws when it could not do what it was asked. */
export class SwapStoreError extends Error {
  /** `full`: there is no room for more now. `lost`: what was written may be gone. */
  readonly kind: 'full' | 'lost'

  constructor(kind: 'full' | 'lost', message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SwapStoreError'
    this.kind = kind
  }
}
