import { FirmwareError } from '@mica-vm/firmware'
import { VmmError } from '../errors.ts'
import { parseArguments } from './options.ts'
import { runGuest } from './run.ts'
import { oneLine, Status, UsageError } from './status.ts'

/** The command `mica`: returns the exit status. What the user can put right is said in one line. */
export async function main(args: readonly string[], version: string): Promise<number> {
  try {
    return await parseArguments(args, version, runGuest)
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof VmmError || error instanceof FirmwareError)) throw error
    process.stderr.write(`mica: ${oneLine(error.message)}\n`)
    return Status.Usage
  }
}
