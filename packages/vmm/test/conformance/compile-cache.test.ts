// Oracle: what the command's manual (README.md) says of its cache.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scratch } from '../support/command.ts'

const files = scratch()
const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url))

function version(env: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  const { NODE_COMPILE_CACHE: _, ...rest } = process.env
  const args = ['--conditions=@mica-vm/source', cli, '--version']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env: { ...rest, ...env }, encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('compiled sources are kept in the cache directory of the user, unless Node is told not to', () => {
  const cache = files.path('cache')
  expect(version({ XDG_CACHE_HOME: cache, NODE_DISABLE_COMPILE_CACHE: '1' }).status).toBe(0)
  expect(existsSync(cache)).toBe(false)
  expect(version({ XDG_CACHE_HOME: cache }).status).toBe(0)
  expect(readdirSync(files.path('cache/mica/compiled'), { recursive: true }).length).toBeGreaterThan(100)
})

test('the command works all the same where they cannot be kept', () => {
  const { status, stdout, stderr } = version({ XDG_CACHE_HOME: files.file('no-directory', '') })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})
