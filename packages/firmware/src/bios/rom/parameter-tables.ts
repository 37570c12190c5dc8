import { MODEL, REVISION, SUBMODEL } from './layout.ts'

/**
 * Diskette parameters, where INT 1Eh points: step rate and head unload, head load and DMA, motor off after 37 ticks, 512-byte
 * sectors, 18 a track, gaps, fill byte F6h, head settle 15 ms, motor start 1 s.
 */
export const FLOPPY_TABLE: Uint8Array = Uint8Array.of(0xaf, 0x02, 0x25, 0x02, 18, 0x1b, 0xff, 0x6c, 0xf6, 0x0f, 0x08)

/** Features: second PIC, real-time clock, keyboard intercept; and an EBDA. */
const FEATURES_1 = 0x74
/** Keyboard functions of INT 16h, AH=09h. */
const FEATURES_2 = 0x40

/** What INT 15h, AH=C0h points to. */
export function configurationTable(): Uint8Array {
  return Uint8Array.of(8, 0, MODEL, SUBMODEL, REVISION, FEATURES_1, FEATURES_2, 0, 0, 0)
}
