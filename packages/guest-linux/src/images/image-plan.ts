import type { Progress } from '../types.ts'

/** What everything that makes images needs to know. */
export interface ImagePlan {
  readonly cacheDir: string
  readonly sourcesFile: string | undefined
  readonly refresh: boolean
  readonly report: (progress: Progress) => void
}
