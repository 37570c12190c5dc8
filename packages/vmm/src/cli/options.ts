import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import type { EngineMode } from '@mica-vm/binary-translator'
import { POLICIES, type PolicyName } from '@mica-vm/shadow-mmu'
import { CPU_MODELS } from '../host.ts'
import type { BootDevice, CpuName } from '../types.ts'
import type { HostCommandOptions } from './host/run-host.ts'
import { parseBootOrder } from './media.ts'
import { parseSize } from './size.ts'
import { UsageError } from './status.ts'

/** What `mica run` was asked for. */
export interface RunOptions {
  readonly kernel?: string
  readonly initrd?: string
  readonly append?: string
  readonly module: readonly string[]
  readonly floppy: readonly string[]
  readonly disk: readonly string[]
  readonly cdrom: readonly string[]
  readonly virtioDisk: readonly string[]
  /** Where it writes: a file, or `stdio`. */
  readonly virtioConsole?: string
  readonly virtioRng: boolean
  readonly virtioMode: 'modern' | 'transitional' | 'legacy'
  readonly boot?: readonly BootDevice[]
  readonly bios?: string
  readonly vgabios?: string
  readonly snapshot: boolean
  /** Bytes. */
  readonly memory: number
  readonly cpu: CpuName
  readonly engine: EngineMode
  readonly mmu: PolicyName
  readonly clock: 'real' | 'instructions'
  readonly debugcon?: string
  readonly screen?: string
  readonly keyboard?: 'stdin' | 'none'
  readonly stats?: string
  readonly exitOn?: string
  /** Seconds. */
  readonly timeout?: number
}

const keys = `
On a terminal:
  Ctrl-A X  quits
  Ctrl-A C  shows statistics
  Ctrl-A Ctrl-A  sends Ctrl-A

Exit status: 0 when the guest powers off or TEXT appears, (value << 1) | 1 from isa-debug-exit, 2 for a usage error,
3 for a guest that died, 124 on timeout, 128 + n after signal n.`

const hostStatus = `
On SIGHUP the file is read again: machines get the limits of memory and shares of the processor that it has then.

Exit status: 0 when all guests have ended, 2 for a usage error or a wrong host file, 3 if one died or stands still for want of
memory, 124 on timeout, 128 + n after signal n.`

/** What the commands do. */
export interface Commands {
  run(options: RunOptions): Promise<number>
  host(path: string, options: HostCommandOptions): Promise<number>
}

/** Calls a command with what the arguments say, or prints the help. @throws UsageError */
export async function parseArguments(
  args: readonly string[],
  version: string,
  { run, host }: Commands,
): Promise<number> {
  let status = 0
  const program = new Command('mica')
    .description('Runs x86 operating systems')
    .version(version)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride()
  addRun(program).action(async (options: RunOptions) => void (status = await run(options)))
  addHost(program).action(
    async (path: string, options: HostCommandOptions) => void (status = await host(path, options)),
  )
  if (args.length === 0) throw new UsageError('which command? try mica run, or mica --help')
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    throw new UsageError(
      `${error.message.replace(/^error: /, '')} (mica ${args[0] === 'host' ? 'host' : 'run'} --help lists the options)`,
    )
  }
  return status
}

function addRun(program: Command): Command {
  const command = program
    .command('run')
    .description(
      'boots a guest; without --kernel, a small Linux made of Debian packages. Serial port 1 is stdin and stdout',
    )
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .option('--kernel <file>', 'Linux (bzImage or vmlinux) or Multiboot 1 image')
    .option('--initrd <file>', 'initial RAM disk of a Linux kernel')
    .option('--append <string>', 'command line; for the default guest, words to add to its own')
    .option(
      '--module <file>',
      'Multiboot module, its command line after a space or comma; can be repeated',
      collect,
      [],
    )
  return addMachine(addMedia(command)).addHelpText('after', keys)
}

/** What is in the machine's drives and on its virtio bus. */
function addMedia(command: Command): Command {
  return command
    .option('--floppy <file>', 'image in drive A, then B; written in place', collect, [])
    .option('--disk <file>', 'image of a hard disk, written in place; can be repeated', collect, [])
    .option('--cdrom <file>', 'image of a CD-ROM; can be repeated', collect, [])
    .option(
      '--virtio-disk <file>',
      'image of a virtio disk, written in place; FILE,readonly is not; can be repeated',
      collect,
      [],
    )
    .option('--virtio-console <file>', 'where a virtio console writes: a file; or stdio, where it reads, too')
    .option('--virtio-rng', 'virtio source of random numbers', false)
    .addOption(
      new Option('--virtio-mode <mode>', 'whose drivers virtio devices are for: of VIRTIO 1, of before, of both')
        .choices(['modern', 'transitional', 'legacy'])
        .default('transitional'),
    )
    .option('--snapshot', 'keep what the guest writes to its media in memory', false)
    .option('--boot <order>', 'media that firmware tries: floppy,disk,cdrom', parseBootOrder)
}

/** What the machine is, and how it is run. */
function addMachine(command: Command): Command {
  return command
    .option('--bios <file>', "firmware to run instead of Mica's own, such as SeaBIOS")
    .option('--vgabios <file>', 'option ROM of the VGA')
    .addOption(new Option('--memory <size>', 'guest memory: 256M, 1G').argParser(parseSize).default(2 ** 28, '256M'))
    .addOption(
      new Option('--cpu <model>', `processor: ${CPU_MODELS.join(', ')}; ,+FEATURE adds to it`).default('mica32'),
    )
    .addOption(
      new Option('--engine <engine>', 'tiers that run guest code')
        .choices(['auto', 'interpreter', 'translator'])
        .default('auto'),
    )
    .addOption(
      new Option('--mmu <policy>', 'shadow translations: dropped when the guest switches address spaces, or kept')
        .choices(POLICIES)
        .default('noncaching'),
    )
    .addOption(
      new Option('--clock <clock>', 'guest time: of the host, or 1 ns per instruction (repeatable runs)')
        .choices(['real', 'instructions'])
        .default('real'),
    )
    .option('--debugcon <file>', 'where port E9h and the log port 402h write: a file, or stdio')
    .option('--screen <file>', 'write what the screen shows at the end: text to .txt, a picture to .png')
    .addOption(
      new Option('--keyboard <source>', 'who types: stdin (with firmware) or none: stdin is serial port 1').choices([
        'stdin',
        'none',
      ]),
    )
    .option('--stats <file>', 'write counters as JSON at the end')
    .option('--exit-on <text>', 'end with status 0 when the guest prints this: serial port 1, or the screen')
    .option('--timeout <seconds>', 'end with status 124 after this long', parseSeconds)
}

function addHost(program: Command): Command {
  return program
    .command('host')
    .description('runs the machines of a file, with a table on a terminal and lines of JSON elsewhere')
    .argument('<file>', 'host file: JSON, comments allowed')
    .allowExcessArguments(false)
    .showSuggestionAfterError(false)
    .option('--metrics <file>', 'write metrics in the text format of Prometheus: a file, or stdout')
    .option('--serial-dir <directory>', "each machine's serial port 1: NAME.log, and NAME.sock to connect to")
    .addOption(new Option('--interval <seconds>', 'time between two samples').argParser(parseSeconds).default(1, '1'))
    .option('--timeout <seconds>', 'stop all machines after this long, with status 124', parseSeconds)
    .addHelpText('after', hostStatus)
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value]
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (text.trim() === '' || !(seconds > 0 && seconds <= 1e6))
    throw new InvalidArgumentError('must be a number of seconds.')
  return seconds
}
