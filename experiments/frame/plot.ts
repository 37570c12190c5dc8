import { parse, View } from 'vega'
import { compile } from 'vega-lite'
import type { Chart } from './experiment.ts'

/** A chart as SVG on white, so that it can be read in dark pages, too. */
export async function svgOf({ title, spec }: Chart): Promise<string> {
  const { spec: full } = compile({ background: 'white', title, ...spec })
  const view = new View(parse(full), { renderer: 'none' })
  const svg = await view.toSVG()
  view.finalize()
  return `${svg}\n`
}
