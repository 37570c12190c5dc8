import { Callout } from './callouts.ts'
import type { Handler } from './context.ts'
import {
  clearTaskSwitched,
  invalidatePage,
  loadMachineStatus,
  moveFromControl,
  moveToControl,
} from './control-registers.ts'
import { cpuIdentification } from './cpuid.ts'
import { moveFromDebug, moveToDebug } from './debug-registers.ts'
import { loadLimit, loadRights, verifyRead, verifyWrite } from './descriptor-queries.ts'
import { loadGlobalTable, loadInterruptTable, loadLocalTable, loadTask } from './descriptor-tables.ts'
import { farReturn } from './far-return.ts'
import { farCall, farJump } from './far-transfer.ts'
import { readExtendedControl, writeExtendedControl } from './extended-state.ts'
import { sysenter, sysexit } from './fast-calls.ts'
import { clearInterruptFlag, popFlags, pushFlags, setAlignmentCheck, setInterruptFlag } from './flags.ts'
import { interruptReturn } from './iret.ts'
import { readMsr, writeMsr } from './msr.ts'
import { inputString, outputString, readPort, writePort } from './port-io.ts'
import {
  checkProtected,
  halt,
  numericError,
  monitorLine,
  monitorWait,
  raiseException,
  readPerformanceCounter,
  readTimeStamp,
  undefinedInstruction,
  writeBackCaches,
} from './processor-control.ts'
import { readRandom } from './random.ts'
import { loadFarPointer, loadSegment, popSegment } from './segments.ts'
import { softwareInterrupt } from './software-interrupts.ts'
import { vectorBlocked, vectorException } from './vector-state.ts'

/** The meaning of every callout, in the order of `Callout`. */
const byName: Readonly<Record<keyof typeof Callout, Handler>> = {
  Int: softwareInterrupt,
  Iret: interruptReturn,
  FarJump: farJump,
  FarCall: farCall,
  FarReturn: farReturn,
  LoadSegment: loadSegment,
  Lgdt: loadGlobalTable,
  Lidt: loadInterruptTable,
  Lldt: loadLocalTable,
  Ltr: loadTask,
  MovToCr: moveToControl,
  MovFromCr: moveFromControl,
  MovToDr: moveToDebug,
  MovFromDr: moveFromDebug,
  Lmsw: loadMachineStatus,
  Clts: clearTaskSwitched,
  Invlpg: invalidatePage,
  Hlt: halt,
  Cpuid: cpuIdentification,
  Rdmsr: readMsr,
  Wrmsr: writeMsr,
  In: readPort,
  Out: writePort,
  Ins: inputString,
  Outs: outputString,
  Lar: loadRights,
  Lsl: loadLimit,
  Verr: verifyRead,
  Verw: verifyWrite,
  Sysenter: sysenter,
  Sysexit: sysexit,
  Wbinvd: writeBackCaches,
  Cli: clearInterruptFlag,
  Sti: setInterruptFlag,
  Pushf: pushFlags,
  Popf: popFlags,
  CheckProtected: checkProtected,
  Rdpmc: readPerformanceCounter,
  Rsm: undefinedInstruction,
  Rdtsc: readTimeStamp,
  Raise: raiseException,
  Monitor: monitorLine,
  Mwait: monitorWait,
  Undefined: undefinedInstruction,
  Xgetbv: readExtendedControl,
  Xsetbv: writeExtendedControl,
  Swapgs: undefinedInstruction,
  Invpcid: undefinedInstruction,
  PopSegment: popSegment,
  LoadFarPointer: loadFarPointer,
  VectorBlocked: vectorBlocked,
  VectorException: vectorException,
  SetAlignmentCheck: setAlignmentCheck,
  NumericError: numericError,
  Rdrand: readRandom,
}

/** Handlers by callout number. */
export const handlers: readonly Handler[] = (Object.keys(Callout) as (keyof typeof Callout)[])
  .sort((one, other) => Callout[one] - Callout[other])
  .map((name) => byName[name])
