import { fuzzPart } from '../random/fuzz-part.ts'

fuzzPart(2)
