import type { TopLevelSpec } from 'vega-lite'

/** Something that the figures must show, or the experiment has failed. */
export interface Claim {
  readonly text: string
  readonly holds: boolean
}

export interface Table {
  readonly title: string
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Chart {
  /** Part of the file's name; empty for the only one. */
  readonly name: string
  readonly title: string
  /** Vega-Lite, with its data inside. */
  readonly spec: TopLevelSpec
}

/** What an experiment found. */
export interface Report {
  /** What was done and what came out, in Markdown. */
  readonly text: string
  readonly claims: readonly Claim[]
  readonly tables: readonly Table[]
  readonly charts: readonly Chart[]
  readonly parameters: Readonly<Record<string, string | number>>
}

export interface Experiment {
  readonly title: string
  /** Progress goes to standard error. */
  run(): Promise<Report>
}
