import { Layout, Segment, type Vcpu } from '@mica-vm/binary-translator'
import type { BiosCpu, CpuMode } from '@mica-vm/firmware'

const Gpr = { EAX: 0, ECX: 1, EDX: 2, EBX: 3, ESP: 4, EBP: 5, ESI: 6, EDI: 7 } as const

/** The processor as the BIOS sees it between two instructions. */
export class VcpuRegisters implements BiosCpu {
  readonly #vcpu: Vcpu

  constructor(vcpu: Vcpu) {
    this.#vcpu = vcpu
  }

  get mode(): CpuMode {
    const { state } = this.#vcpu
    if (!state.protectedMode) return 'real'
    return state.virtual8086 ? 'virtual8086' : 'protected'
  }

  get privilege(): number {
    return this.#vcpu.state.cpl
  }

  get codeBase(): number {
    return this.#vcpu.state.segmentBase(Segment.CS)
  }

  get eax(): number {
    return this.#vcpu.state.gpr(Gpr.EAX)
  }
  set eax(value: number) {
    this.#vcpu.state.setGpr(Gpr.EAX, value)
  }
  get ecx(): number {
    return this.#vcpu.state.gpr(Gpr.ECX)
  }
  set ecx(value: number) {
    this.#vcpu.state.setGpr(Gpr.ECX, value)
  }
  get edx(): number {
    return this.#vcpu.state.gpr(Gpr.EDX)
  }
  set edx(value: number) {
    this.#vcpu.state.setGpr(Gpr.EDX, value)
  }
  get ebx(): number {
    return this.#vcpu.state.gpr(Gpr.EBX)
  }
  set ebx(value: number) {
    this.#vcpu.state.setGpr(Gpr.EBX, value)
  }
  get esp(): number {
    return this.#vcpu.state.gpr(Gpr.ESP)
  }
  set esp(value: number) {
    this.#vcpu.state.setGpr(Gpr.ESP, value)
  }
  get ebp(): number {
    return this.#vcpu.state.gpr(Gpr.EBP)
  }
  set ebp(value: number) {
    this.#vcpu.state.setGpr(Gpr.EBP, value)
  }
  get esi(): number {
    return this.#vcpu.state.gpr(Gpr.ESI)
  }
  set esi(value: number) {
    this.#vcpu.state.setGpr(Gpr.ESI, value)
  }
  get edi(): number {
    return this.#vcpu.state.gpr(Gpr.EDI)
  }
  set edi(value: number) {
    this.#vcpu.state.setGpr(Gpr.EDI, value)
  }

  get es(): number {
    return this.#vcpu.state.selector(Segment.ES)
  }
  set es(selector: number) {
    this.#vcpu.system.loadRealSegment(Segment.ES, selector)
  }
  get cs(): number {
    return this.#vcpu.state.selector(Segment.CS)
  }
  set cs(selector: number) {
    this.#vcpu.system.loadRealSegment(Segment.CS, selector)
  }
  get ss(): number {
    return this.#vcpu.state.selector(Segment.SS)
  }
  set ss(selector: number) {
    this.#vcpu.system.loadRealSegment(Segment.SS, selector)
  }
  get ds(): number {
    return this.#vcpu.state.selector(Segment.DS)
  }
  set ds(selector: number) {
    this.#vcpu.system.loadRealSegment(Segment.DS, selector)
  }
  get fs(): number {
    return this.#vcpu.state.selector(Segment.FS)
  }
  set fs(selector: number) {
    this.#vcpu.system.loadRealSegment(Segment.FS, selector)
  }
  get gs(): number {
    return this.#vcpu.state.selector(Segment.GS)
  }
  set gs(selector: number) {
    this.#vcpu.system.loadRealSegment(Segment.GS, selector)
  }

  get eip(): number {
    return this.#vcpu.state.eip
  }
  set eip(value: number) {
    this.#vcpu.state.eip = value
    this.#vcpu.state.set(Layout.nextUnit, 0)
  }

  get eflags(): number {
    return this.#vcpu.state.eflags
  }
  set eflags(value: number) {
    this.#vcpu.state.eflags = value
  }
}
