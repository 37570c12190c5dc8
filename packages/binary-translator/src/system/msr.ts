import { Layout } from '../state/layout.ts'
import { Flow, type SystemContext } from './context.ts'
import { Vector, raise } from './guest-fault.ts'
import { configurePaging } from './mode.ts'
import { Msr, type MsrAccess, msrSlot, storedMsr } from './msr-access.ts'
import { findMtrr } from './mtrr.ts'
import { requireSupervisor } from './privilege.ts'

const anything = (): boolean => true

/** Always zero; writes do nothing. */
const zero: MsrAccess = { read: () => ({ low: 0, high: 0 }), write: () => true }

const timeStampCounter: MsrAccess = {
  read: ({ timeStamp }) => timeStamp.read(),
  write: ({ timeStamp, deadlineTimer }, low, high) => {
    timeStamp.write(low, high)
    // The deadline is a value of the counter, which it now reaches at another time.
    const deadline = deadlineTimer.readTscDeadline()
    deadlineTimer.writeTscDeadline(deadline.low, deadline.high)
    return true
  },
}

/** IA32_TSC_DEADLINE. */
const timeStampDeadline: MsrAccess = {
  read: ({ deadlineTimer }) => deadlineTimer.readTscDeadline(),
  write: ({ deadlineTimer }, low, high) => {
    deadlineTimer.writeTscDeadline(low, high)
    return true
  },
}

/** IA32_APIC_BASE: BSP flag, enable bit, base. SDM vol. 3, figure 10-5. */
const storedApicBase = storedMsr(Msr.ApicBase, (low, high) => (low & 0x6ff) === 0 && high < 0x10)
const apicBase: MsrAccess = {
  read: storedApicBase.read,
  write: (system, low, high) => {
    const bootstrap = system.state.get(msrSlot(Msr.ApicBase)) & 0x100
    if (!storedApicBase.write(system, (low & ~0x100) >>> 0, high)) return false
    const stored = (low & ~0x100) | bootstrap
    system.state.set(msrSlot(Msr.ApicBase), stored)
    system.apicBaseChanged(stored >>> 0, high)
    return true
  },
}

/** The bits of IA32_MISC_ENABLE that some processor has; all others are reserved. SDM vol. 4, table 2-2. */
const miscEnableBits = { low: 0x00c5_1889, high: 4 } as const

/** IA32_MISC_ENABLE: only the fast-strings bit means something here; the others read as zero. */
const miscEnable: MsrAccess = {
  read: ({ state }) => ({ low: state.get(msrSlot(Msr.MiscEnable)), high: 0 }),
  write: ({ state }, low, high) => {
    if ((low & ~miscEnableBits.low) !== 0 || (high & ~miscEnableBits.high) !== 0) return false
    state.set(msrSlot(Msr.MiscEnable), low & 1)
    return true
  },
}

/** Memory types that IA32_PAT may hold: two numbers are reserved. SDM vol. 3, table 11-10. */
function isPat(low: number, high: number): boolean {
  for (let shift = 0; shift < 32; shift += 8) {
    for (const half of [low, high]) {
      const type = (half >>> shift) & 0xff
      if (type > 7 || type === 2 || type === 3) return false
    }
  }
  return true
}

/** IA32_EFER without long mode: the no-execute enable alone. */
const noExecuteEnable = 0x800
const efer: MsrAccess = {
  read: ({ state }) => ({ low: state.get(Layout.efer), high: 0 }),
  write: (system, low, high) => {
    if (high !== 0 || (low & ~noExecuteEnable) !== 0) return false
    const changed = low !== system.state.get(Layout.efer)
    system.state.set(Layout.efer, low)
    if (changed) configurePaging(system)
    return true
  },
}

const pat = storedMsr(Msr.Pat, isPat)
/** What RDTSCP tells of itself: 32 bits. */
const tscAux = storedMsr(Msr.TscAux, (_, high) => high === 0)
const sysenterCs = storedMsr(Msr.SysenterCs, anything)
const sysenterEsp = storedMsr(Msr.SysenterEsp, anything)
const sysenterEip = storedMsr(Msr.SysenterEip, anything)

/** The register of that address on this model, if it exists. SDM vol. 4, chapter 2. */
function findMsr({ features }: SystemContext, address: number): MsrAccess | undefined {
  switch (address) {
    case 0x10:
      return features.timeStampCounter ? timeStampCounter : undefined
    case 0x17: // IA32_PLATFORM_ID
    case 0x8b: // IA32_BIOS_SIGN_ID: no microcode
      return zero
    case 0x1b:
      return features.apic ? apicBase : undefined
    case 0x174:
      return features.sysenter ? sysenterCs : undefined
    case 0x175:
      return features.sysenter ? sysenterEsp : undefined
    case 0x176:
      return features.sysenter ? sysenterEip : undefined
    case 0x1a0:
      return miscEnable
    case 0x277:
      return features.pat ? pat : undefined
    case 0x6e0:
      return features.deadlineTimer ? timeStampDeadline : undefined
    case 0xc000_0103:
      return features.timeStampIdentity ? tscAux : undefined
    case 0xc000_0080:
      return features.noExecute ? efer : undefined
    default:
      return features.mtrr ? findMtrr(address, features.physicalBits) : undefined
  }
}

/** The register that ECX names, for an instruction that only the supervisor may use. */
function selected(system: SystemContext): MsrAccess {
  if (!system.features.msr) raise(Vector.UD)
  requireSupervisor(system.state)
  return findMsr(system, system.state.gpr(1)) ?? raise(Vector.GP, 0)
}

/** RDMSR. */
export function readMsr(system: SystemContext): Flow {
  const { low, high } = selected(system).read(system)
  system.state.setGpr(0, low)
  system.state.setGpr(2, high)
  return Flow.Next
}

/** WRMSR. */
export function writeMsr(system: SystemContext): Flow {
  const { state } = system
  if (!selected(system).write(system, state.gpr(0), state.gpr(2))) raise(Vector.GP, 0)
  return Flow.Next
}
