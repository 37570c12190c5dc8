import type { HostSample, VmSample } from './sample.ts'

/** A column: its heading, its width, and what it shows of a machine. Numbers stand at the right. */
interface Column {
  readonly heading: string
  readonly width: number
  readonly left?: true
  readonly show: (vm: VmSample) => string
}

const columns: readonly Column[] = [
  { heading: 'VM', width: 10, left: true, show: ({ name }) => name },
  { heading: 'SIZE', width: 5, show: ({ size }) => sizeText(size) },
  { heading: 'TARGET', width: 6, show: ({ target }) => sizeText(target) },
  { heading: 'ACTIVE', width: 6, show: ({ active }) => `${Math.round(active * 100)}%` },
  { heading: 'USED', width: 5, show: ({ resident }) => sizeText(resident) },
  { heading: 'SHARED', width: 6, show: ({ shared }) => sizeText(shared) },
  { heading: 'ZERO', width: 5, show: ({ zero }) => sizeText(zero) },
  { heading: 'BALLOON', width: 7, show: ({ ballooned }) => sizeText(ballooned) },
  { heading: 'SWAP', width: 5, show: ({ swapped }) => sizeText(swapped) },
  { heading: 'SH/PG', width: 6, show: ({ sharesPerPage }) => sharesText(sharesPerPage) },
  { heading: 'STATE', width: 8, left: true, show: ({ state }) => state },
]

/** Columns of the table: it fits a terminal of 80. */
export const TABLE_WIDTH: number = columns.reduce((sum, { width }) => sum + width + 1, -1)

/** The table of a host's machines, a line for each, below two lines of the host's own. */
export function tableOf({ seconds, memory, swap, vms }: HostSample): string[] {
  const shared = vms.reduce((sum, vm) => sum + vm.shared, 0)
  const host = [
    `host ${timeText(seconds)}`,
    `${sizeText(memory.used)} of ${sizeText(memory.size)} used`,
    `memory ${memory.state}`,
    `${sizeText(shared)} shared`,
    swap.size > 0 ? `swap ${sizeText(swap.used)} of ${sizeText(swap.size)}` : 'no swap',
  ]
  return [host.join(', '), row(({ heading }) => heading), ...vms.map((vm) => row(({ show }) => show(vm)))]
}

function row(text: (column: Column) => string): string {
  const cells = columns.map((column) => {
    const cell = text(column).slice(0, column.width)
    return column.left ? cell.padEnd(column.width) : cell.padStart(column.width)
  })
  return cells.join(' ').trimEnd()
}

/** Bytes in five characters at most: 0, 64K, 1.5M, 128M, 3.5G. */
export function sizeText(bytes: number): string {
  if (bytes === 0) return '0'
  for (const [unit, name] of [
    [2 ** 30, 'G'],
    [2 ** 20, 'M'],
  ] as const) {
    const amount = bytes / unit
    if (amount >= 0.9995) return `${amount < 99.95 && amount % 1 !== 0 ? amount.toFixed(1) : Math.round(amount)}${name}`
  }
  return `${Math.round(bytes / 1024)}K`
}

function sharesText(sharesPerPage: number): string {
  return sharesPerPage >= 100
    ? String(Math.min(999_999, Math.round(sharesPerPage)))
    : sharesPerPage.toFixed(3).slice(0, 6)
}

function timeText(seconds: number): string {
  const whole = Math.floor(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** A terminal on which the table is drawn over itself; other lines go above it. */
export class TableView {
  readonly #output: { write(text: string): unknown }
  #lines = 0

  constructor(output: { write(text: string): unknown }) {
    this.#output = output
  }

  /** Draws the table where it was drawn before. */
  draw(lines: readonly string[]): void {
    this.#output.write(`${this.#home()}${lines.map((line) => `${line}\x1b[K\n`).join('')}\x1b[J`)
    this.#lines = lines.length
  }

  /** A line that stays; the table goes on below it. */
  say(text: string): void {
    this.#output.write(`${this.#home()}\x1b[J${text}\n`)
    this.#lines = 0
  }

  #home(): string {
    return this.#lines > 0 ? `\x1b[${this.#lines}A\r` : ''
  }
}
