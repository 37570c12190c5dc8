#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { buildGuestLinux } from './build.ts'
import { GuestLinuxError } from './errors.ts'
import type { Architecture } from './types.ts'

const USAGE = `usage: mica-guest-linux [--architecture i386|amd64] [--cache-dir DIR] [--module NAME]... [--sources FILE] [--refresh]

Builds the default guest from Debian's packages and prints where its kernel and initrd are, as JSON.`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      architecture: { type: 'string', default: 'i386' },
      'cache-dir': { type: 'string' },
      module: { type: 'string', multiple: true, default: [] },
      sources: { type: 'string' },
      refresh: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const guest = await buildGuestLinux({
    architecture: values.architecture as Architecture,
    extraModules: values.module,
    refresh: values.refresh,
    ...(values['cache-dir'] === undefined ? {} : { cacheDir: values['cache-dir'] }),
    ...(values.sources === undefined ? {} : { sourcesFile: values.sources }),
    onProgress: ({ message }) => console.error(message),
  })
  console.log(JSON.stringify(guest, null, 2))
}

try {
  await main()
} catch (error) {
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  if (!isUsage && !(error instanceof GuestLinuxError)) throw error
  console.error(`mica-guest-linux: ${error.message}`)
  process.exitCode = isUsage ? 2 : 1
}
