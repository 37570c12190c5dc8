import { FirmwareError } from '@mica-vm/firmware'
import { VmmError } from '../errors.ts'
import { parseArguments, type Commands } from './options.ts'
import { MistakesInFile, oneLine, Status, UsageError } from './status.ts'

/** Each loads what it needs alone. */
const commands: Commands = {
  run: async (options) => (await import('./run.ts')).runGuest(options),
  host: async (path, options) => (await import('./host/run-host.ts')).runHost(path, options),
}

/** The command `mica`: returns the exit status. What the user can put right is said in one line. */
export async function main(args: readonly string[], version: string): Promise<number> {
  try {
    return await parseArguments(args, version, commands)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof VmmError || error instanceof FirmwareError)) throw error
    const lines = error instanceof MistakesInFile ? error.lines : [error.message]
    for (const line of lines) process.stderr.write(`mica: ${oneLine(line)}\n`)
    return Status.Usage
  }
}
