import type { PagingMode } from './paging-mode.ts'
import { ENTRY, PageFault } from './registers.ts'
import { Access, Privilege } from './types.ts'
import type { Walk } from './walk.ts'

/** Whether a completed walk permits an access, SDM vol. 3 section 4.6.1. `userDataAllowed` is EFLAGS.AC. */
export function isPermitted(
  walk: Walk,
  mode: PagingMode,
  kind: Access,
  privilege: Privilege,
  userDataAllowed: boolean,
): boolean {
  const isUserPage = (walk.rights & ENTRY.US) !== 0
  const isWritable = (walk.rights & ENTRY.RW) !== 0
  // Without EFER.NXE, XD is a reserved bit, and the walk has ended before.
  if (kind === Access.Fetch && walk.noExecute < 0) return false
  if (privilege === Privilege.User) return isUserPage && (kind !== Access.Write || isWritable)
  if (kind === Access.Fetch) return !(isUserPage && mode.smep)
  if (isUserPage && mode.smap && !(userDataAllowed && privilege === Privilege.Supervisor)) return false
  return kind === Access.Read || isWritable || !mode.writeProtect
}

/** The error code that a page fault pushes, SDM vol. 3 section 4.7. `cause` is `PageFault.P`, `P | RSVD`, or 0 for a page that is not present. */
export function faultCode(cause: number, mode: PagingMode, kind: Access, privilege: Privilege): number {
  return (
    cause |
    (kind === Access.Write ? PageFault.W : 0) |
    (privilege === Privilege.User ? PageFault.U : 0) |
    (kind === Access.Fetch && mode.reportsFetch ? PageFault.I : 0)
  )
}
