// Where each table of the transcendental instructions lies among the bytes that scripts/x87-tables.ts makes. Entries of two words hold the
// upper one first. Plain numbers in bytes, so that both that script, which checks that they fit, and the module can read this file.

/** T, G of 2^(k/64) - 1 and ln(2) * 2^(k/64) for k = 0..64, in units of 2^-127. */
export const POWERS = 0
export const POWER_STEPS = 64
/** The same of 1 - 2^(-k/64) and ln(2) * 2^(-k/64). */
export const NEGATIVE_POWERS = 2080

/** -log2(c / 512), c the reciprocal below, of 256 steps through [1, 2), in units of 2^-112; from ROOT_STEP on less one. */
export const LOGARITHMS = 4160
export const LOGARITHM_STEPS = 256
/** The first step beyond the square root of two. */
export const ROOT_STEP = 106
/** c, 16 bits: 512 / (1 + (i + 1/2) / 256), rounded, but powers of two at both ends. */
export const RECIPROCALS = 8256

/** Sine and cosine of k/64 for k = 0..SINE_STEPS, in units of 2^-127. */
export const SINES = 8768
export const SINE_STEPS = 51

/** Arctangents of k/128 for k = 0..128, in units of 2^-126. */
export const ARCTANGENTS = 10432
export const ARCTANGENT_STEPS = 128

export const TABLE_BYTES = 12496
