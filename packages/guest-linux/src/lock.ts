import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GuestLinuxError } from './errors.ts'

const POLL_MS = 200
let serial = 0

interface Owner {
  readonly host: string
  readonly pid: number
}

export interface LockOptions {
  /** Give up after this many milliseconds. */
  readonly timeoutMs: number
  /** Called once, when somebody else holds the lock. */
  readonly onWait: () => void
}

/**
 * Runs `work` while holding the lock of a directory against other processes and other calls of this one.
 * A lock whose owner has died on this host is taken over.
 */
export async function withLock<T>(directory: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'lock')
  await acquire(path, options)
  try {
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}

async function acquire(path: string, { timeoutMs, onWait }: LockOptions): Promise<void> {
  serial += 1
  const ticket = `${path}.${process.pid}.${serial}`
  await writeFile(ticket, JSON.stringify({ host: hostname(), pid: process.pid }))
  try {
    for (let waitedMs = 0; !(await tryLink(ticket, path)); waitedMs += POLL_MS) {
      if (waitedMs === 0) onWait()
      if (waitedMs >= timeoutMs) {
        throw new GuestLinuxError(
          'locked',
          `another build has held ${path} for ${Math.round(timeoutMs / 1000)} s: wait for it, or remove that file if no build runs`,
        )
      }
      if (!(await removeIfAbandoned(path, ticket))) await sleep(POLL_MS)
    }
  } finally {
    await rm(ticket, { force: true })
  }
}

/** Linking a file that is already complete is atomic: nobody sees a lock without its owner. */
async function tryLink(ticket: string, path: string): Promise<boolean> {
  try {
    await link(ticket, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function removeIfAbandoned(path: string, ticket: string): Promise<boolean> {
  const owner = await readOwner(path)
  if (owner === undefined || owner.host !== hostname() || isAlive(owner.pid)) return false
  const grave = `${ticket}.abandoned`
  await rename(path, grave).catch(() => undefined)
  const buried = await readOwner(grave)
  // Someone else may have buried the dead lock first and taken it: then what was moved away is theirs, and goes back.
  if (buried !== undefined && buried.pid !== owner.pid) await link(grave, path).catch(() => undefined)
  await rm(grave, { force: true })
  return true
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const value = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner>
    return typeof value.host === 'string' && typeof value.pid === 'number'
      ? { host: value.host, pid: value.pid }
      : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
