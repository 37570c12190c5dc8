import { FirmwareError } from '../errors.ts'
import { COMMAND_LINE_SPACE } from '../memory/layout.ts'

/** A command line as a kernel reads it, with its terminator. @throws FirmwareError when it is longer than `limit`, or holds a NUL. */
export function encodeCommandLine(commandLine: string, limit: number): Uint8Array {
  if (commandLine.includes('\0'))
    throw new FirmwareError({ kind: 'bad-option', option: 'commandLine', reason: 'it holds a NUL character' })
  const bytes = new TextEncoder().encode(`${commandLine}\0`)
  const most = Math.min(limit, COMMAND_LINE_SPACE - 1)
  if (bytes.length - 1 > most)
    throw new FirmwareError({ kind: 'command-line-too-long', bytes: bytes.length - 1, limit: most })
  return bytes
}
