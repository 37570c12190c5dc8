import type { BiosMachine } from '../types.ts'

/** Interrupts of PIRQA to PIRQD in a machine that says nothing else. */
const USUAL_IRQS = [10, 10, 11, 11]

/** The ISA interrupts of the four links; several links may share one. */
export function linkIrqs({ acpi }: BiosMachine): readonly number[] {
  const irqs = acpi?.pciInterrupts.kind === 'piix' ? acpi.pciInterrupts.irqs : []
  if (irqs.length === 0) return USUAL_IRQS
  return [0, 1, 2, 3].map((link) => irqs[Math.floor((link * irqs.length) / 4)]!)
}

/** Which link (0-3) a device's pin (1-4) is wired to: each slot begins one further than the one before it (82371SB, section 4.1.10). */
export function linkOf(device: number, pin: number): number {
  return (device + pin + 2) & 3
}
