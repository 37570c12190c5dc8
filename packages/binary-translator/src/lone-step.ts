import { Operation } from '@mica-vm/x86-decoder'
import { Flow } from './emit/families/family.ts'
import type { Engine } from './engine.ts'
import { DecodedCode } from './fetch.ts'
import { AccessFailure, type SlowMemory } from './slow-memory.ts'
import type { CpuState } from './state/cpu-state.ts'
import { ExitCode, Flag, Layout, Segment, Shadow } from './state/layout.ts'
import { DebugStatus, type Breakpoints } from './system/breakpoints.ts'
import { elementsPerPortion } from './system/port-io.ts'
import type { IoSpace, Mmu } from './types.ts'
import type { Upcalls } from './upcalls.ts'

const softwareInterrupts = new Set<number>([Operation.Int, Operation.Int1, Operation.Int3, Operation.Into])

/** The parts of a vCPU that a lone step works with. */
export interface LoneStepParts {
  readonly state: CpuState
  readonly engine: Engine
  readonly mmu: Mmu
  readonly io: IoSpace
  readonly memory: SlowMemory
  readonly upcalls: Upcalls
  readonly breakpoints: Breakpoints
  /** Address of a page for the records of one instruction. */
  readonly records: number
}

/**
 * Runs one instruction by itself, from fresh bytes: where code is rewritten, where single steps or breakpoints may trap,
 * where the budget ends inside a unit. What it asks for - debug traps - is left in `Layout.pendingDebug`.
 */
export class LoneStep {
  readonly fetch: DecodedCode
  readonly #parts: LoneStepParts

  constructor(parts: LoneStepParts) {
    this.#parts = parts
    this.fetch = new DecodedCode(parts.state, parts.mmu, parts.io, parts.engine.shapes)
  }

  /** Runs the instruction at RIP. EFLAGS.RF, if set, holds for it. */
  run(): ExitCode {
    const { state, breakpoints, upcalls } = this.#parts
    const shadow = state.get(Layout.interruptShadow)
    if (breakpoints.armed && this.#meetsBreakpoint(shadow)) return ExitCode.Continue
    const { systemFlags } = state
    state.set(Layout.interruptShadow, Shadow.None)
    state.set(Layout.portion, systemFlags & Flag.TF || breakpoints.armed ? 1 : elementsPerPortion)
    breakpoints.hits = 0
    const code = this.#execute(systemFlags)
    state.set(Layout.portion, elementsPerPortion)
    if (code !== ExitCode.Fault) this.#trap(systemFlags, shadow)
    else breakpoints.hits = 0
    // The instruction is still to come, and so is what was held off until after it.
    if (code === ExitCode.Fault && upcalls.failed === AccessFailure.OutOfMemory)
      state.set(Layout.interruptShadow, shadow)
    return code
  }

  /** Asks for #DB before an instruction that an instruction breakpoint names. SDM vol. 3, section 17.3.1.1. */
  #meetsBreakpoint(shadow: number): boolean {
    const { state, breakpoints } = this.#parts
    // A load of SS holds it off as RF does; one that goes on with its elements has begun already.
    if (shadow === Shadow.Everything || state.systemFlags & Flag.RF || state.get(Layout.repeating)) return false
    const bits = breakpoints.at((state.segmentBase(Segment.CS) + state.eip) >>> 0)
    if (bits === 0) return false
    state.set(Layout.pendingDebug, bits)
    // A handler that begins at a breakpoint must not go on for ever.
    state.set(Layout.budget, state.get(Layout.budget) - 1)
    return true
  }

  /** Fetches, decodes and interprets. */
  #execute(flags: number): ExitCode {
    const { state, engine, memory, upcalls, records } = this.#parts
    engine.makeRoom()
    if (!this.fetch.at()) {
      upcalls.failed = this.fetch.failure
      state.set(Layout.faultVector, this.fetch.vector)
      state.set(Layout.faultError, this.fetch.errorCode)
      return ExitCode.Fault
    }
    const { unit } = this.fetch
    state.set(Layout.ripPage, state.eip - unit.offset)
    engine.writeSingle(records, unit)
    state.set(Layout.budget, state.get(Layout.budget) - 1)
    state.set(Layout.exit, ExitCode.Continue)
    memory.alone = true
    const code = engine.dispatcher.interpret(state.base, records) as ExitCode
    memory.alone = false
    upcalls.remaining = 0
    const isShadow = unit.described[0]!.family.flow === Flow.Shadow
    if (isShadow && code !== ExitCode.Fault && !(flags & Flag.IF)) state.set(Layout.interruptShadow, Shadow.Interrupts)
    return code
  }

  /** Notes the traps of an instruction that is done: TF as it was before, and the breakpoints that it met. */
  #trap(flags: number, shadow: number): void {
    const { state, upcalls, breakpoints } = this.#parts
    // Of loads of SS in a row only the first holds anything off. SDM vol. 3, section 6.8.3.
    if (shadow === Shadow.Everything) state.set(Layout.interruptShadow, Shadow.None)
    const shadowed = state.get(Layout.interruptShadow) === Shadow.Everything
    if (flags & Flag.TF && !shadowed && this.#isStepReported()) breakpoints.hits |= DebugStatus.Step
    upcalls.noteDebugTraps()
  }

  /** INT and its like clear TF without trapping. SDM vol. 3, section 17.3.1.4. */
  #isStepReported(): boolean {
    const { operation } = this.fetch.unit.instructions[0]!
    return !softwareInterrupts.has(operation) || (this.#parts.state.systemFlags & Flag.TF) !== 0
  }
}
