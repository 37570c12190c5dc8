/** `npm run bench -- NAME [options]`: runs one of the benches that compare Mica with its peers, or its tiers with each other. */
const benches: Readonly<Record<string, () => Promise<{ main(args: string[]): Promise<void> }>>> = {
  boot: () => import('./boot/main.ts'),
  cpu: () => import('./cpu/main.ts'),
  tiers: () => import('../packages/binary-translator/bench/tiers.ts'),
}

const [name = '', ...args] = process.argv.slice(2)
const bench = benches[name]
if (bench) await (await bench()).main(args)
else {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join(' | ')} [options]`)
  process.exitCode = 1
}
