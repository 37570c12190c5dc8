/** Exit statuses of the command. */
export const Status = {
  Done: 0,
  /** The command line, or a file that it names, is of no use. */
  Usage: 2,
  /** The guest died: a triple fault. */
  Died: 3,
  Timeout: 124,
  /** 128 + the signal's number, as shells count. */
  Interrupt: 130,
  ClosedPipe: 141,
  Terminate: 143,
} as const

/** What isa-debug-exit makes of a value, as process statuses have 8 bits. */
export function debugExitStatus(value: number): number {
  return ((value << 1) | 1) & 0xff
}

/** What the user can put right; the message is one line. */
export class UsageError extends Error {}

/** Everything that is wrong with a file: a line for each mistake. */
export class MistakesInFile extends UsageError {
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    super(lines.join('; '))
    this.lines = lines
  }
}

/** One line, whatever an error's message was. */
export function oneLine(message: string): string {
  return message.trim().replaceAll(/\s*\n\s*/g, ' ')
}
