import type { TextCell } from '@mica-vm/pc-devices'
import type { Screen } from '../types.ts'

/** Host time between two looks at the screen. */
const frameMs = 40

/** What the view writes to: a terminal. */
export interface ViewOutput {
  write(text: string): unknown
}

/**
 * A machine's text screen on a terminal: drawn with its colours, of each frame only what differs from the one before. Graphics are
 * named, not drawn.
 */
export class ScreenView {
  readonly #screen: Screen
  readonly #output: ViewOutput
  /** What the terminal shows, row by row. */
  #rows: string[] = []
  #cursor = ''
  #timer: NodeJS.Timeout | null = null
  #mode = ''

  constructor(screen: Screen, output: ViewOutput) {
    this.#screen = screen
    this.#output = output
  }

  /** Whether the terminal is taken over. */
  get isShown(): boolean {
    return this.#timer !== null
  }

  /** Takes over the terminal (its alternate screen). */
  start(): void {
    this.#output.write('\x1b[?1049h')
    this.draw()
    this.#timer = setInterval(() => this.draw(), frameMs)
  }

  /** Gives the terminal back, with what the machine showed last. */
  stop(): void {
    if (this.#timer === null) return
    clearInterval(this.#timer)
    this.#timer = null
    const lines = this.#screen.text()
    while (lines.at(-1) === '') lines.pop()
    this.#output.write(`\x1b[0m\x1b[?25h\x1b[?1049l${lines.map((line) => `${line}\r\n`).join('')}`)
  }

  /** Draws what has changed. */
  draw(): void {
    const cells = this.#screen.cells()
    const mode = `${cells.length}x${cells[0]?.length ?? 0}`
    let out = ''
    if (mode !== this.#mode) {
      out += '\x1b[0m\x1b[2J'
      this.#rows = []
      this.#cursor = ''
      this.#mode = mode
      if (cells.length === 0) out += `\x1b[1;1H${this.#graphics()}`
    }
    cells.forEach((row, index) => {
      const drawn = drawRow(row)
      if (drawn === this.#rows[index]) return
      this.#rows[index] = drawn
      out += `\x1b[${index + 1};1H${drawn}`
    })
    const cursor = cells.length === 0 ? '' : this.#cursorSequence()
    if (out !== '' || cursor !== this.#cursor) out += cursor
    this.#cursor = cursor
    if (out !== '') this.#output.write(out)
  }

  /** A line of the monitor's below the machine's screen. */
  say(text: string): void {
    const top = Math.max(this.#rows.length, 1) + 2
    this.#output.write(`\x1b[0m\x1b[${top};1H\x1b[J${text.replaceAll('\n', '\r\n')}${this.#cursor}`)
  }

  #graphics(): string {
    const picture = this.#screen.pixels()
    const size = picture ? `${picture.width}x${picture.height}` : ''
    return `graphics ${size}: a terminal cannot show it; --screen FILE.png writes the last picture`
  }

  #cursorSequence(): string {
    const { row, column, visible } = this.#screen.cursor
    return `\x1b[0m\x1b[${row + 1};${column + 1}H\x1b[?25${visible ? 'h' : 'l'}`
  }
}

/** A row with the changes of its colours, as control sequences of ECMA-48. */
function drawRow(row: readonly TextCell[]): string {
  let out = ''
  let colors = ''
  for (const { character, foreground, background } of row) {
    const wanted = `\x1b[38;2;${rgb(foreground)};48;2;${rgb(background)}m`
    if (wanted !== colors) out += wanted
    colors = wanted
    out += character
  }
  return out
}

function rgb(color: number): string {
  return `${color >> 16};${(color >> 8) & 0xff};${color & 0xff}`
}
