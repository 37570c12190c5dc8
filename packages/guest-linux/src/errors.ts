export const GUEST_LINUX_ERROR_KINDS = [
  'tool-missing',
  'package-missing',
  'download-failed',
  'damaged',
  'disk-full',
  'cache-unusable',
  'locked',
  'bad-option',
] as const
export type GuestLinuxErrorKind = (typeof GUEST_LINUX_ERROR_KINDS)[number]

/** Everything that can keep a guest from being built. The message is one line: what failed, and the way out. */
export class GuestLinuxError extends Error {
  readonly kind: GuestLinuxErrorKind

  constructor(kind: GuestLinuxErrorKind, message: string, options?: { readonly cause?: unknown }) {
    super(message.replace(/\s*\n\s*/g, ' '), options)
    this.name = 'GuestLinuxError'
    this.kind = kind
  }
}

/** Says what a file system error means for whoever keeps the cache; other errors pass through unchanged. */
export function explainFileError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new GuestLinuxError(
        'disk-full',
        `no space left for the guest in ${path}: free about 300 MB or choose another cacheDir`,
        { cause: error },
      )
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
    case 'ENOTDIR':
    case 'EEXIST':
      return new GuestLinuxError(
        'cache-unusable',
        `cannot write the guest to ${path} (${code}): choose another cacheDir`,
        { cause: error },
      )
    default:
      return error
  }
}
