/** One word of the kernel command line and why it is there. */
export interface CommandLineWord {
  readonly word: string
  readonly why: string
}

/**
 * Nothing here hides work that a guest would otherwise have to show: each word drops a search or a guard that has no
 * meaning on an emulated machine. DESIGN.md has what each saves.
 */
export const COMMAND_LINE_WORDS: readonly CommandLineWord[] = [
  { word: 'console=ttyS0', why: 'messages and the shell use the first serial port' },
  { word: 'cryptomgr.notests', why: 'no self-test of every cipher in the kernel: most of the boot without it' },
  { word: 'noisapnp', why: 'no search for ISA plug-and-play cards, which waits on ports that answer nothing' },
  {
    word: 'no_timer_check',
    why: 'no wait for ticks to prove that the timer is wired up: a board fault that an emulator cannot have, and a busy host looks like it',
  },
  {
    word: 'mitigations=off',
    why: 'no guards against the speculation of a CPU that is not there: they do not survive translation, and only slow it',
  },
]

export const DEFAULT_COMMAND_LINE: string = COMMAND_LINE_WORDS.map(({ word }) => word).join(' ')
