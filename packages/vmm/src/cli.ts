#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { main } from './cli/main.ts'

/** From the manifest that lies beside both `src/` and `dist/`. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

process.exit(await main(process.argv.slice(2), version()))
