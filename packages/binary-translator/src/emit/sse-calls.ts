import { sseFunctions, type SseFunction } from '../generated/sse.ts'
import { x87Functions } from '../generated/x87.ts'
import { firstX87Slot } from './x87-calls.ts'

/** Table slot of SSE function `name`: they follow the x87's, in the order of `sseFunctions`. */
export const sseSlot = (name: SseFunction): number => firstX87Slot + x87Functions.length + sseFunctions.indexOf(name)
