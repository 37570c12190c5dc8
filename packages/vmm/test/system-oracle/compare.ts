/**
 * Runs cases in QEMU and in Mica and prints where they differ:
 * `node --conditions=@mica-vm/source compare.ts [feature] [part of a name]`. Where a manual's trace is known, it stands for QEMU's.
 */
import { features } from './features.ts'
import { readGolden } from './golden.ts'
import { runInMica, runInQemu } from './machines.ts'
import { byTheManual } from './rules.ts'
import { tracesOf } from './runs.ts'

const [wanted = '', part = ''] = process.argv.slice(2)
for (const feature of features.filter(({ name }) => name.includes(wanted))) {
  const cases = feature.cases.filter(({ name }) => name.includes(part))
  if (cases.length === 0) continue
  const some = { ...feature, cases }
  const manual = readGolden('manual', feature.name)
  const qemu = await tracesOf(some, runInQemu)
  const interpreted = await tracesOf(some, (image) => runInMica(image, 'interpreter'))
  const translated = await tracesOf(some, (image) => runInMica(image, 'translator'))
  let same = 0
  for (const { name } of cases) {
    const expected = manual.get(name) ?? byTheManual(qemu.get(name) ?? [])
    const texts = [expected, interpreted.get(name), translated.get(name)].map((lines) => lines?.join('\n') ?? 'nothing')
    if (part !== '' || texts.some((text) => text !== texts[0])) report(name, expected, interpreted.get(name) ?? [])
    if (texts.every((text) => text === texts[0])) same++
    if (texts[1] !== texts[2]) report(`${name}: TIERS`, interpreted.get(name) ?? [], translated.get(name) ?? [])
  }
  console.log(`${feature.name}: ${same} of ${cases.length} alike`)
}

function report(name: string, expected: readonly string[], mica: readonly string[]): void {
  console.log(`== ${name}`)
  for (let line = 0; line < Math.max(expected.length, mica.length); line++) {
    if (expected[line] === mica[line]) {
      if (part !== '') console.log(`  =     ${expected[line]}`)
      continue
    }
    console.log(`  qemu  ${expected[line] ?? 'nothing'}`)
    console.log(`  mica  ${mica[line] ?? 'nothing'}`)
  }
}
