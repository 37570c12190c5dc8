#!/usr/bin/env node
import { parseArgs } from 'node:util'
import { buildGuestLinux } from './build.ts'
import { GuestLinuxError } from './errors.ts'
import { GUEST_IMAGES } from './images/image-table.ts'
import type { GuestImageName } from './images/image-table.ts'
import { provideGuestImage } from './images/provide-image.ts'
import type { Architecture, ImageOptions } from './types.ts'

const USAGE = `usage: mica-guest-linux [--architecture i386|amd64] [--cache-dir DIR] [--module NAME]... [--sources FILE] [--refresh]
       mica-guest-linux --images [--cache-dir DIR] [--sources FILE] [--refresh]

Builds the default guest from Debian's packages and prints where its kernel and initrd are, as JSON. With --images: fetches what else
Debian has that a PC boots, and prints a line for each.`

/** A line for each image: its name, where it is or why it is not there, and what it is. */
async function listImages(options: ImageOptions): Promise<void> {
  for (const [name, about] of Object.entries(GUEST_IMAGES)) {
    try {
      console.log(`${name.padEnd(17)} ${await provideGuestImage(name as GuestImageName, options)}  (${about})`)
    } catch (error) {
      if (!(error instanceof GuestLinuxError)) throw error
      console.log(`${name.padEnd(17)} missing: ${error.message}`)
      process.exitCode = 1
    }
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      architecture: { type: 'string', default: 'i386' },
      'cache-dir': { type: 'string' },
      module: { type: 'string', multiple: true, default: [] },
      sources: { type: 'string' },
      refresh: { type: 'boolean', default: false },
      images: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return
  }
  const options: ImageOptions = {
    refresh: values.refresh,
    ...(values['cache-dir'] === undefined ? {} : { cacheDir: values['cache-dir'] }),
    ...(values.sources === undefined ? {} : { sourcesFile: values.sources }),
    onProgress: ({ step, message }) => void (step !== 'done' && console.error(message)),
  }
  if (values.images) return listImages(options)
  const architecture = values.architecture as Architecture
  const guest = await buildGuestLinux({ ...options, architecture, extraModules: values.module })
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
