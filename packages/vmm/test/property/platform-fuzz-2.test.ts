import { platformPart } from '../random/platform-part.ts'

platformPart(2)
