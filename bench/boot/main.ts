/**
 * How long until the shell of the default Linux guest asks for a command? The same kernel, initramfs, command line and memory in Mica, in v86
 * and in QEMU's translator (TCG).
 *
 * Options: --runs N (3), --only NAME (repeatable), --timeout SECONDS (600), --kernel, --initrd, --append (default: guest-linux's).
 */
import { parseArgs } from 'node:util'
import { buildGuestLinux } from '@mica-vm/guest-linux'
import { describeMachine } from '../machine.ts'
import { markdownTable, median } from '../table.ts'
import { contestants, memoryMiB, type Contestant, type Guest } from './contestants.ts'
import { run, type Sample } from './run.ts'

interface Result {
  readonly contestant: Contestant
  readonly version: string
  readonly samples: readonly Sample[]
}

const options = {
  runs: { type: 'string', default: '3' },
  only: { type: 'string', multiple: true },
  timeout: { type: 'string', default: '600' },
  kernel: { type: 'string' },
  initrd: { type: 'string' },
  append: { type: 'string' },
} as const

async function guestOf(values: { kernel?: string; initrd?: string; append?: string }): Promise<Guest> {
  const { kernel, initrd, append } = values
  if (kernel && initrd) return { kernel, initrd, commandLine: append ?? 'console=ttyS0' }
  const built = await buildGuestLinux({ onProgress: ({ message }) => console.error(message) })
  return { ...built, commandLine: append ?? built.commandLine }
}

async function measure(contestant: Contestant, guest: Guest, runs: number, timeoutSeconds: number): Promise<Sample[]> {
  const samples: Sample[] = []
  for (let i = 0; i < runs; i++) {
    const sample = await run(contestant, guest, timeoutSeconds)
    console.error(
      `${contestant.name}: ${sample.wallSeconds.toFixed(2)} s (${sample.cpuSeconds.toFixed(2)} s of processor time)`,
    )
    samples.push(sample)
  }
  return samples
}

function ratio(of: (result: Result) => number, result: Result, other: Result): string {
  return (of(result) / of(other)).toFixed(2)
}

/** Ratios are of wall time and, in parentheses, of processor time, which other work on the machine disturbs less. */
function report(results: readonly Result[]): string {
  const wall = ({ samples }: Result): number => median(samples.map((sample) => sample.wallSeconds))
  const cpu = ({ samples }: Result): number => median(samples.map((sample) => sample.cpuSeconds))
  const header = ['machine', 'wall s', 'processor s', ...results.map(({ contestant }) => `to ${contestant.name}`)]
  const rows = results.map((result) => [
    `${result.contestant.name} ${result.version}`,
    wall(result).toFixed(2),
    cpu(result).toFixed(2),
    ...results.map((other) => `${ratio(wall, result, other)} (${ratio(cpu, result, other)})`),
  ])
  return markdownTable(header, rows)
}

export async function main(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options })
  const only = values.only?.map((name) => name.toLowerCase())
  const guest = await guestOf(values)
  const results: Result[] = []
  for (const contestant of contestants) {
    if (only && !only.some((name) => contestant.name.toLowerCase().includes(name))) continue
    const version = contestant.version()
    if (version === undefined) {
      console.error(`${contestant.name}: not on this machine, left out`)
      continue
    }
    const samples = await measure(contestant, guest, Number(values.runs), Number(values.timeout))
    results.push({ contestant, version, samples })
  }
  console.log(`\nTime to the shell prompt, median of ${values.runs}, ${memoryMiB} MiB, \`${guest.commandLine}\`\n`)
  console.log(report(results))
  console.log(`\n${describeMachine()}`)
}
