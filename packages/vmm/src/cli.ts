#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { keepCompiledSources } from './cli/compile-cache.ts'

/** From the manifest that lies beside both `src/` and `dist/`. */
function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

keepCompiledSources()
const { main } = await import('./cli/main.ts')
process.exit(await main(process.argv.slice(2), version()))
