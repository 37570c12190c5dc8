import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Packages are tested as sources, not as what was built last. */
const conditions = ['@mica-vm/source', 'node', 'import', 'module', 'default']

const long = process.env['MICA_LONG'] !== undefined

const minutes = 60_000
const timeout = (long ? 240 : 15) * minutes

const longProperties = fileURLToPath(new URL('tools/long-properties.ts', import.meta.url))

const lengthenProperties = {
  name: 'lengthen-properties',
  enforce: 'pre',
  resolveId: (id: string, importer?: string) =>
    id === 'fast-check' && importer !== longProperties ? longProperties : null,
} as const

const config: ViteUserConfig = defineConfig({
  plugins: long ? [lengthenProperties] : [],
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'docs/test/**/*.test.ts',
      'tools/test/**/*.test.ts',
      'bench/test/**/*.test.ts',
      'experiments/test/**/*.test.ts',
    ],
    globalSetup: ['tools/vitest-setup.ts'],
    execArgv: ['--conditions=@mica-vm/source'],
    // Vitest would leave one core to itself: on two that is half of the machine.
    maxWorkers: '100%',
    // For tests that hang. How fast something is, no test says: machines are shared.
    testTimeout: timeout,
    hookTimeout: timeout,
  },
})

export default config
