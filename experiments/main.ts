/** `npm run experiment -- NAME` or `all`: boots real guests, writes docs/experiments/NAME.md, and fails when its claims do. */
import type { Experiment } from './frame/experiment.ts'
import { publish } from './frame/document.ts'

const experiments: Readonly<Record<string, () => Promise<{ readonly experiment: Experiment }>>> = {
  sharing: () => import('./sharing.ts'),
  balloon: () => import('./balloon.ts'),
  sampling: () => import('./sampling.ts'),
  tax: () => import('./tax.ts'),
  overcommit: () => import('./overcommit.ts'),
  shadow: () => import('./shadow.ts'),
}

const [wanted = ''] = process.argv.slice(2)
const names = wanted === 'all' ? Object.keys(experiments) : [wanted]
for (const name of names) {
  const load = experiments[name]
  if (!load) {
    console.error(`usage: npm run experiment -- ${Object.keys(experiments).join(' | ')} | all`)
    process.exitCode = 1
    break
  }
  const { experiment } = await load()
  if (!(await publish(name, experiment))) process.exitCode = 1
}
