import { generate } from './generate.ts'

/** A package whose generated files cannot be made fails its own tests, not those of the others. */
export default function setup(): void {
  try {
    generate()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
}
