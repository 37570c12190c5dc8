/** One word of the kernel command line and why it is there. */
export interface CommandLineWord {
  readonly word: string
  readonly why: string
}

export const COMMAND_LINE_WORDS: readonly CommandLineWord[] = [
  { word: 'console=ttyS0', why: 'messages and the shell use the first serial port' },
]

export const DEFAULT_COMMAND_LINE: string = COMMAND_LINE_WORDS.map(({ word }) => word).join(' ')
