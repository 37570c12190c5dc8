import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@mica-vm/source', 'node', 'import', 'module', 'default'] },
  ssr: { resolve: { conditions: ['@mica-vm/source', 'node', 'import', 'module', 'default'] } },
  test: { include: ['packages/*/test/**/*.test.ts'], testTimeout: 60_000 },
})
