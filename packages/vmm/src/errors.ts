/** What a host programmer or a user did wrong. The message is one line: the thing, and the way out. */
export class VmmError extends Error {
  readonly kind: VmmErrorKind

  constructor(kind: VmmErrorKind, message: string) {
    super(message)
    this.name = 'VmmError'
    this.kind = kind
  }
}

export type VmmErrorKind =
  /** An option out of its range. */
  | 'bad-option'
  /** The host has no room: for another machine, or for an image. */
  | 'host-full'
  /** The machine is not in a state for this call. */
  | 'bad-state'
