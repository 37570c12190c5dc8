/**
 * Gives every package the same targets (`nx run machine-memory:test`), so that none has to repeat them.
 * What they depend on and what is cached stands in nx.json. Plain JavaScript, because nx itself loads it.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

function targetsOf(root) {
  const command = (line) => ({ command: line, options: { cwd: '{workspaceRoot}' } })
  return {
    ...(existsSync(join(root, 'tsconfig.json')) && { typecheck: command(`tsc --noEmit -p ${root}/tsconfig.json`) }),
    build: command(`node tools/build.ts ${root}`),
    lint: command(`prettier --check --log-level=warn ${root} && oxlint ${root} && node tools/check-arrows.ts`),
    test: command(`vitest run ${root}`),
  }
}

export const createNodesV2 = [
  'packages/*/project.json',
  (files) =>
    files.map((file) => {
      const root = dirname(file)
      return [file, { projects: { [root]: { targets: targetsOf(root) } } }]
    }),
]
