/** Everything that can keep an image from being loaded. */
export type FirmwareProblem =
  | { readonly kind: 'foreign-image'; readonly image: string; readonly reason: string }
  | { readonly kind: 'truncated'; readonly image: string; readonly needed: number; readonly present: number }
  | { readonly kind: 'unsupported'; readonly image: string; readonly reason: string }
  | { readonly kind: 'does-not-fit'; readonly what: string; readonly bytes: number; readonly where: string }
  | { readonly kind: 'command-line-too-long'; readonly bytes: number; readonly limit: number }
  | { readonly kind: 'memory-refused'; readonly address: number; readonly bytes: number }
  | { readonly kind: 'bad-option'; readonly option: string; readonly reason: string }

export type FirmwareProblemKind = FirmwareProblem['kind']

/** An image or an option that cannot be booted. The message is one line: what is wrong, and the way out. */
export class FirmwareError extends Error {
  readonly problem: FirmwareProblem

  constructor(problem: FirmwareProblem) {
    super(explain(problem))
    this.name = 'FirmwareError'
    this.problem = problem
  }

  get kind(): FirmwareProblemKind {
    return this.problem.kind
  }
}

function explain(problem: FirmwareProblem): string {
  switch (problem.kind) {
    case 'foreign-image':
      return `${problem.image} is not what it should be: ${problem.reason}`
    case 'truncated':
      return `${problem.image} is cut short: ${problem.needed} bytes needed, ${problem.present} present; fetch it again`
    case 'unsupported':
      return `${problem.image} cannot be booted: ${problem.reason}`
    case 'does-not-fit':
      return `${problem.what} (${kib(problem.bytes)}) does not fit ${problem.where}: give the machine more memory or use a smaller one`
    case 'command-line-too-long':
      return `the command line has ${problem.bytes} bytes, the kernel takes ${problem.limit}: shorten it`
    case 'memory-refused':
      return `guest memory refused ${problem.bytes} bytes at ${hex(problem.address)}: the RAM ranges must name memory that is there`
    case 'bad-option':
      return `${problem.option}: ${problem.reason}`
  }
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`
}

function kib(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`
}
