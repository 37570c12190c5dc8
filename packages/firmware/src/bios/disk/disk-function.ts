import type { Context } from '../context.ts'
import type { Drive } from './drives.ts'
import type { DiskStatus } from './status.ts'

/** A function of INT 13h for a drive that exists: sets registers, and answers what AH says. */
export type DiskFunction = (context: Context, drive: Drive) => DiskStatus
