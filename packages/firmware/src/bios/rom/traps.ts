import { type Assembler, Opcode } from './assembler.ts'
import { TRAP_PORT } from './layout.ts'

/** A place in the ROM where a service is called. Offsets in the ROM's segment. */
export interface TrapPoint<Name extends string = string> {
  readonly service: Name
  /** Of the OUT instruction: the service runs again from here. */
  readonly retry: number
  /** Where the caller goes on when the service has done its work. */
  readonly done: number
  /** Waits for an interrupt, then retries. */
  readonly wait: number
}

/** Bytes of `OUT imm8, AL`. */
export const TRAP_BYTES = 2

/**
 * Lays out one call of a service:
 *
 *     retry:  out TRAP_PORT, al    ; the service runs here and moves IP to done, to wait, or elsewhere
 *             call step            ; something came between, such as a single step: again, without it
 *             jmp retry
 *     wait:   sti
 *             hlt
 *             jmp retry
 *     done:
 */
export function layTrap<Name extends string>(assembler: Assembler, service: Name): TrapPoint<Name> {
  const name = `${service}@${assembler.offset.toString(16)}`
  const retry = assembler.offset
  assembler.label(name).outImmediate(TRAP_PORT).call(STEP_LABEL).short(Opcode.JMP_SHORT, name)
  const wait = assembler.offset
  assembler.bytes(Opcode.STI, Opcode.HLT).short(Opcode.JMP_SHORT, name)
  return { service, retry, done: assembler.offset, wait }
}

const STEP_LABEL = 'step'

/** Turns single-stepping off, for the retry of a trap that a step got in the way of. The caller's IRET turns it on again. */
export function layStep(assembler: Assembler): void {
  assembler.label(STEP_LABEL).bytes(Opcode.PUSHF, Opcode.PUSH_BP)
  // mov bp,sp; and byte [bp+3],0FEh: TF is bit 8 of the flags.
  assembler.bytes(0x89, 0xe5, 0x80, 0x66, 0x03, 0xfe)
  assembler.bytes(Opcode.POP_BP, Opcode.POPF, Opcode.RET)
}
