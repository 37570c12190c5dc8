import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** Packages are tested as sources, not as what was built last. */
const conditions = ['@mica-vm/source', 'node', 'import', 'module', 'default']

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: [
      'packages/*/test/**/*.test.ts',
      'apps/*/test/**/*.test.ts',
      'docs/test/**/*.test.ts',
      'tools/test/**/*.test.ts',
    ],
    globalSetup: ['tools/vitest-setup.ts'],
    execArgv: ['--conditions=@mica-vm/source'],
    testTimeout: 60_000,
  },
})

export default config
