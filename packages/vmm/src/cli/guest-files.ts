import { existsSync, readFileSync } from 'node:fs'
import { buildGuestLinux, GuestLinuxError } from '@mica-vm/guest-linux'
import { bootProtocolOf } from '../boot-source.ts'
import type { BootModule, BootSource, FirmwareImages } from '../types.ts'
import type { RunOptions } from './options.ts'
import { Progress } from './progress.ts'
import { UsageError } from './status.ts'

/** The console of a kernel that was not told of one: the only one that there is. */
const linuxConsole = 'console=ttyS0'

/** What starts a guest. */
export interface GuestFiles {
  readonly boot?: BootSource
  readonly firmware?: 'mica' | FirmwareImages
}

/** The options that say what starts a guest. */
export type GuestFileOptions = Pick<
  RunOptions,
  'kernel' | 'initrd' | 'append' | 'module' | 'bios' | 'vgabios' | 'floppy' | 'disk' | 'cdrom'
>

/** Reads what the options name; builds the default guest if they name neither a kernel nor something for firmware. @throws UsageError */
export async function readGuestFiles(options: GuestFileOptions): Promise<GuestFiles> {
  const { kernel, bios, floppy, disk, cdrom } = options
  const firmware = readFirmware(options)
  if (kernel !== undefined) return { boot: namedKernel(options, kernel), ...(firmware && { firmware }) }
  if (bios === undefined && floppy.length + disk.length + cdrom.length === 0)
    return { boot: await defaultGuest(options) }
  for (const option of ['initrd', 'append'] as const) {
    if (options[option] !== undefined) throw new UsageError(`--${option} needs --kernel`)
  }
  if (options.module.length > 0) throw new UsageError('--module needs --kernel with a Multiboot kernel')
  return { firmware: firmware ?? 'mica' }
}

function readFirmware({ bios, vgabios }: GuestFileOptions): FirmwareImages | null {
  if (bios === undefined) {
    if (vgabios !== undefined) throw new UsageError("--vgabios needs --bios: Mica's own BIOS brings its own")
    return null
  }
  return {
    bios: readInput(bios, '--bios'),
    ...(vgabios !== undefined && { vgaBios: readInput(vgabios, '--vgabios') }),
  }
}

function namedKernel({ initrd, append, module }: GuestFileOptions, path: string): BootSource {
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

async function defaultGuest({ initrd, append, module }: GuestFileOptions): Promise<BootSource> {
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
