import { existsSync, readFileSync } from 'node:fs'
import { buildGuestLinux, GuestLinuxError } from '@mica-vm/guest-linux'
import { bootProtocolOf } from '../boot-source.ts'
import type { BootModule, BootSource } from '../types.ts'
import type { RunOptions } from './options.ts'
import { Progress } from './progress.ts'
import { UsageError } from './status.ts'

/** The console of a kernel that was not told of one: the only one that there is. */
const linuxConsole = 'console=ttyS0'

/** Reads what the options name, or builds the default guest. @throws UsageError */
export async function readBootSource(options: RunOptions): Promise<BootSource> {
  return options.kernel === undefined ? defaultGuest(options) : namedKernel(options, options.kernel)
}

function namedKernel({ initrd, append, module }: RunOptions, path: string): BootSource {
  const kernel = readInput(path, '--kernel')
  const isLinux = bootProtocolOf(kernel) === 'linux'
  if (isLinux && module.length > 0)
    throw new UsageError(`--module is for Multiboot kernels, ${path} is not one: use --initrd`)
  if (!isLinux && initrd !== undefined)
    throw new UsageError(`--initrd is for Linux kernels, ${path} is not one: use --module`)
  return {
    kernel,
    name: path,
    commandLine: append ?? (isLinux ? linuxConsole : ''),
    modules: module.map(readModule),
    ...(initrd !== undefined && { initrd: readInput(initrd, '--initrd') }),
  }
}

/** `FILE`, `FILE WORDS` or `FILE,WORDS`; a file whose name has blanks or commas is taken whole if it exists. */
function readModule(text: string): BootModule {
  const end = existsSync(text) ? -1 : text.search(/[ ,]/)
  const name = end < 0 ? text : text.slice(0, end)
  return { name, data: readInput(name, '--module'), commandLine: end < 0 ? '' : text.slice(end + 1) }
}

function readInput(path: string, option: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'no permission to read it',
      EISDIR: 'it is a directory',
    }
    throw new UsageError(`${option} ${path}: ${reasons[code ?? ''] ?? `cannot be read (${code ?? String(error)})`}`)
  }
}

async function defaultGuest({ initrd, append, module }: RunOptions): Promise<BootSource> {
  if (module.length > 0) throw new UsageError('--module needs --kernel with a Multiboot kernel')
  const progress = new Progress(process.stderr)
  try {
    const guest = await buildGuestLinux({ onProgress: ({ message }) => progress.show(message) })
    return {
      kernel: readInput(guest.vmlinux, 'guest kernel'),
      initrd: readInput(initrd ?? guest.initrd, '--initrd'),
      commandLine: append === undefined ? guest.commandLine : `${guest.commandLine} ${append}`,
    }
  } catch (error) {
    if (!(error instanceof GuestLinuxError)) throw error
    throw new UsageError(`${error.message} (or bring your own with --kernel and --initrd)`, { cause: error })
  } finally {
    progress.clear()
  }
}
