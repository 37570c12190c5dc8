/**
 * Makes the golden files: `node --conditions=@mica-vm/source regenerate.ts [feature]`. Needs QEMU 7.2.
 *
 * What a manual demands where QEMU does otherwise is written as Mica does it, for the cases in `deviations.ts` and for no other:
 * hold each new trace against the rule that is cited there.
 */
import { deviationOf } from './deviations.ts'
import { features } from './features.ts'
import { writeGolden } from './golden.ts'
import { runInMica, runInQemu } from './machines.ts'
import { byTheManual } from './rules.ts'
import { tracesOf, type Traces } from './runs.ts'

const [wanted = ''] = process.argv.slice(2)
for (const feature of features.filter(({ name }) => name.includes(wanted))) {
  const qemu = await tracesOf(feature, runInQemu)
  const mica = await tracesOf(feature, (image) => runInMica(image, 'interpreter'))
  const differing = [...mica].filter(
    ([name, trace]) => trace.join('\n') !== byTheManual(qemu.get(name) ?? []).join('\n'),
  )
  const manual: Traces = new Map(differing.filter(([name]) => deviationOf(feature.name, name) !== undefined))
  writeGolden('qemu', feature.name, qemu)
  writeGolden('manual', feature.name, manual)
  const open = differing.map(([name]) => name).filter((name) => !manual.has(name))
  console.log(`${feature.name}: ${qemu.size} cases, ${manual.size} by the manual, ${open.length} open`)
  for (const name of open) console.log(`  ${name}`)
}
