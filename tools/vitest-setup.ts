import { generate } from './generate.ts'

export default function setup(): void {
  generate()
}
