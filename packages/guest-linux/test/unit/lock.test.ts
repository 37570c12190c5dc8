import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { GuestLinuxError } from '../../src/index.ts'
import { withLock } from '../../src/lock.ts'

let directory = ''
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'lock-'))))
afterEach(() => rm(directory, { recursive: true }))

const options = { timeoutMs: 20_000, onWait: () => undefined }
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5))

test('work under one lock never overlaps (oracle: a counter of those inside)', async () => {
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await pause()
    inside -= 1
  }
  await Promise.all(Array.from({ length: 6 }, () => withLock(directory, options, work)))
  expect(most).toBe(1)
  expect(await readdir(directory)).toEqual([])
})

test('a lock whose owner has died is taken over, by one of many', async () => {
  await writeFile(join(directory, 'lock'), JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 }))
  let done = 0
  await Promise.all(Array.from({ length: 3 }, () => withLock(directory, options, async () => void (done += 1))))
  expect(done).toBe(3)
  expect(await readdir(directory)).toEqual([])
})

test('a lock of another host is waited for, then named with the way out', async () => {
  await writeFile(join(directory, 'lock'), JSON.stringify({ host: 'elsewhere', pid: 1 }))
  let waited = 0
  const attempt = withLock(directory, { timeoutMs: 300, onWait: () => void (waited += 1) }, pause)
  await expect(attempt).rejects.toThrow(GuestLinuxError)
  await expect(attempt).rejects.toMatchObject({ kind: 'locked' })
  expect(waited).toBe(1)
})

test('the lock is given back when the work fails', async () => {
  await expect(withLock(directory, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
  expect(await readdir(directory)).toEqual([])
})
