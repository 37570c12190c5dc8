import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Outcome, Privilege, TRACED_TAG } from '../../src/index.ts'
import type { ControlRegisters, ProcessorFeatures } from '../../src/index.ts'
import {
  DATA,
  Guest,
  INDEXES,
  KINDS,
  TABLES,
  WHO,
  applyEdit,
  editArbitrary,
  featuresArbitrary,
  linearOf,
  registersArbitrary,
  tablesArbitrary,
  tamePdptes,
} from './guest.ts'
import type { Edit, Paging } from './guest.ts'
import { naiveFormat, naivePdptes, naiveTranslate } from './naive-mmu.ts'

type Command =
  | {
      readonly do: 'access'
      readonly at: number
      readonly kind: (typeof KINDS)[number]
      readonly who: (typeof WHO)[number]
    }
  | { readonly do: 'edit'; readonly edit: Edit }
  | { readonly do: 'invalidate'; readonly at: number; readonly near: number }
  | { readonly do: 'loadCr3'; readonly root: number }
  | { readonly do: 'configure'; readonly registers: ControlRegisters }
  | { readonly do: 'toggleTaskSwitched' }
  | { readonly do: 'toggleA20' }
  | { readonly do: 'allowUserData'; readonly allowed: boolean }
  | { readonly do: 'move'; readonly ppn: number }
  | { readonly do: 'trace'; readonly ppn: number; readonly on: boolean }
  | { readonly do: 'flush' }

/** A translation that a processor might hold. */
interface Allowed {
  readonly linear: bigint
  readonly kind: (typeof KINDS)[number]
  readonly isUser: boolean
  readonly ppn: number
  /** Frame behind the page when the translation was made: the host's affair, dropped by `forget`. */
  readonly host: number
  readonly isGlobal: boolean
  readonly isUserPage: boolean
  readonly pageBytes: bigint
}

/**
 * The largest TLB that the architecture allows: everything that a walk has permitted, bits set, at some moment since the last
 * invalidation that covers it. An entry of the soft TLB outside of it is an error; one that is missing never is.
 */
class LargestTlb {
  readonly guest: Guest
  readonly features: ProcessorFeatures
  readonly linears: readonly bigint[]
  registers: ControlRegisters = { cr0: 0, cr3: 0, cr4: 0, efer: 0, a20: true }
  pdptes: readonly bigint[] = []
  ac = false
  traced: Set<number> = new Set()
  allowed: Allowed[] = []

  constructor(guest: Guest, features: ProcessorFeatures, linears: readonly bigint[]) {
    this.guest = guest
    this.features = features
    this.linears = linears
  }

  drop(isDropped: (entry: Allowed) => boolean): void {
    this.allowed = this.allowed.filter((entry) => !isDropped(entry))
  }

  /** Adds what a walk permits now. */
  observe(): void {
    for (const linear of this.linears) {
      for (const kind of KINDS) {
        for (const who of ['user', 'supervisor'] as const) {
          const result = naiveTranslate(this, this.guest, { linear, kind: kind[1], who })
          if (result.fault !== undefined) continue
          // Tables that cannot take a bit do not hold back a translation.
          if (result.updates.some(({ address }) => this.guest.writeAddress(Number(address >> 12n)) >= 0)) continue
          const ppn = Number(result.physical >> 12n)
          const host = kind[1] === 'write' ? this.guest.writeAddress(ppn) : this.guest.readAddress(ppn)
          if (host < 0) continue
          const { isGlobal, isUserPage, pageBytes } = result
          this.allowed.push({ linear, kind, isUser: who === 'user', ppn, host, isGlobal, isUserPage, pageBytes })
        }
      }
    }
    this.allowed = [...new Map(this.allowed.map((entry) => [Object.values(entry).join(), entry])).values()]
  }

  /** Throws if the soft TLB holds anything else. Answers how many entries it holds for the linear addresses in use. */
  check(): number {
    let found = 0
    for (const linear of this.linears) {
      for (const kind of KINDS) {
        for (const isUser of [true, false]) {
          for (const tag of [0, TRACED_TAG]) found += this.checkEntry(linear, kind, isUser, tag)
        }
      }
    }
    return found
  }

  checkEntry(linear: bigint, kind: (typeof KINDS)[number], isUser: boolean, tag: number): number {
    const host = this.guest.mmu.tlb.lookup(Number(linear), kind[0], isUser, tag)
    if (host < 0) return 0
    const isAllowed = this.allowed.some(
      (entry) => entry.linear === linear && entry.kind === kind && entry.isUser === isUser && entry.host === host,
    )
    if (!isAllowed)
      throw new Error(
        `${kind[1]} of ${linear.toString(16)} by ${isUser ? 'user' : 'supervisor'} is cached to host ${host.toString(16)}`,
      )
    if ((tag === TRACED_TAG) !== (kind[1] === 'write' && this.traced.has(host)))
      throw new Error(`${kind[1]} entry with tag bit ${tag} leads to the frame at ${host.toString(16)}`)
    return 1
  }
}

function requireEqual<T>(what: string, actual: T, wanted: T): void {
  if (actual !== wanted) throw new Error(`${what} is ${String(actual)}; should be ${String(wanted)}`)
}

function samePage(entry: Allowed, linear: bigint): boolean {
  return entry.linear / entry.pageBytes === linear / entry.pageBytes
}

/** SDM vol. 3 section 4.4.1: which changes load the PDPTEs. A load of CR3 changes CR3, or changes nothing at all. */
function loadsPdptes(old: ControlRegisters, now: ControlRegisters): boolean {
  const changed = (a: number, b: number, bits: readonly number[]): boolean =>
    bits.some((bit) => ((BigInt(a) ^ BigInt(b)) >> BigInt(bit)) % 2n !== 0n)
  return (
    old.cr3 !== now.cr3 ||
    JSON.stringify(old) === JSON.stringify(now) ||
    changed(old.cr0, now.cr0, [29, 30, 31]) ||
    changed(old.cr4, now.cr4, [4, 5, 7, 20]) ||
    changed(old.efer, now.efer, [8])
  )
}

/** Loads registers as MOV to CR3, CR0, CR4 or EFER does; nothing happens where that raises #GP. */
function configure(model: LargestTlb, registers: ControlRegisters): void {
  const { guest, features, registers: old } = model
  const isLoaded = naiveFormat(registers) === 'pae' && loadsPdptes(old, registers)
  if (isLoaded) tamePdptes(guest, registers.cr3)
  const pdptes = isLoaded ? naivePdptes(registers, features, guest) : model.pdptes
  expect(guest.mmu.configure(registers)).toBe(pdptes !== undefined)
  if (pdptes === undefined) return
  // CR0.TS has nothing to do with paging; a task switch changes it together with CR3.
  const paging = ({ cr0, cr4, efer, a20 }: ControlRegisters): string => [(cr0 & ~8) >>> 0, cr4, efer, a20].join()
  const isRootOnly = paging(old) === paging(registers)
  model.registers = registers
  model.pdptes = pdptes
  model.drop((entry) => !isRootOnly || !entry.isGlobal)
}

function run(model: LargestTlb, command: Command): void {
  const { guest, linears } = model
  const { mmu } = guest
  switch (command.do) {
    case 'access': {
      const linear = linears[command.at % linears.length]!
      // An access sees tables as they are now, so the oracle's answer is the only right one.
      const wanted = naiveTranslate(model, guest, { linear, kind: command.kind[1], who: command.who[1] })
      const outcome = mmu.access(Number(linear), command.kind[0], command.who[0])
      requireEqual('fault', outcome === Outcome.Fault, wanted.fault !== undefined)
      const tag = outcome === Outcome.Traced ? TRACED_TAG : 0
      const cached = mmu.tlb.lookup(Number(linear), command.kind[0], command.who[0] === Privilege.User, tag)
      if (outcome === Outcome.Direct || outcome === Outcome.Traced)
        requireEqual('cached host address', cached, mmu.host)
      return
    }
    case 'edit':
      return applyEdit(guest, command.edit, naiveFormat(model.registers) !== '32-bit')
    case 'invalidate': {
      const linear = linears[command.at % linears.length]! + BigInt(command.near)
      mmu.invalidatePage(Number(linear))
      return model.drop((entry) => samePage(entry, linear))
    }
    case 'loadCr3':
      return configure(model, { ...model.registers, cr3: command.root * 4096 })
    case 'configure':
      return configure(model, command.registers)
    case 'toggleTaskSwitched': {
      const cr0 = model.registers.cr0 ^ 8
      model.registers = { ...model.registers, cr0: cr0 >>> 0 }
      const filled = mmu.tlb.filled
      requireEqual('configured', mmu.configure(model.registers), true)
      requireEqual('filled', mmu.tlb.filled, filled)
      return
    }
    case 'toggleA20':
      return configure(model, { ...model.registers, a20: !model.registers.a20 })
    case 'allowUserData':
      mmu.setUserDataAllowed(command.allowed)
      model.ac = command.allowed
      if (!command.allowed && (model.registers.cr4 & 0x20_0000) !== 0)
        model.drop((entry) => !entry.isUser && entry.kind[1] !== 'fetch' && entry.isUserPage)
      return
    case 'move':
      if (model.traced.has(guest.readAddress(command.ppn))) return
      guest.move(command.ppn)
      mmu.forget(command.ppn)
      return model.drop((entry) => entry.ppn === command.ppn)
    case 'trace': {
      const host = guest.readAddress(command.ppn)
      if (host < 0) return
      mmu.trace(host, command.on)
      if (command.on) model.traced.add(host)
      else model.traced.delete(host)
      return
    }
    case 'flush':
      mmu.flush()
      return model.drop(() => true)
  }
}

function commandArbitrary(paging: Paging): fc.Arbitrary<Command> {
  const at = fc.nat(50)
  const ppn = fc.constantFrom(...TABLES, ...DATA)
  const command = <T extends Command>(
    weight: number,
    arbitrary: fc.Arbitrary<T>,
  ): { weight: number; arbitrary: fc.Arbitrary<Command> } => ({ weight, arbitrary })
  return fc.oneof(
    command(
      20,
      fc.record({
        do: fc.constant('access' as const),
        at,
        kind: fc.constantFrom(...KINDS),
        who: fc.constantFrom(...WHO),
      }),
    ),
    command(4, fc.record({ do: fc.constant('edit' as const), edit: editArbitrary })),
    command(
      3,
      fc.record({
        do: fc.constant('invalidate' as const),
        at,
        near: fc.constantFrom(0, 1, 0x1000, 0x10_0000, 0x80_0000),
      }),
    ),
    command(2, fc.record({ do: fc.constant('loadCr3' as const), root: fc.constantFrom(...TABLES) })),
    command(
      1,
      fc.record({
        do: fc.constant('configure' as const),
        registers: registersArbitrary([paging, paging, paging, 'off']),
      }),
    ),
    command(1, fc.record({ do: fc.constant('toggleTaskSwitched' as const) })),
    command(1, fc.record({ do: fc.constant('toggleA20' as const) })),
    command(2, fc.record({ do: fc.constant('allowUserData' as const), allowed: fc.boolean() })),
    command(2, fc.record({ do: fc.constant('move' as const), ppn })),
    command(5, fc.record({ do: fc.constant('trace' as const), ppn, on: fc.boolean() })),
    command(1, fc.record({ do: fc.constant('flush' as const) })),
  )
}

/** Linear addresses below 4 GiB: more than the four entries of each array hold, so that they also displace each other. */
function linearsOf(paging: Paging): bigint[] {
  const found = new Set<bigint>()
  for (const b of [0, 1]) for (const c of INDEXES) for (const d of INDEXES) found.add(linearOf(paging, [0, b, c, d], 0))
  return [...found]
}

// Oracle: LargestTlb over the naive walk, recomputed after every step.
it.each([
  ['off', 201, 2000],
  ['32-bit', 202, 3000],
  ['pae', 203, 1000],
  ['4-level', 204, 1000],
] as const)('the TLB holds nothing that the architecture would not allow: %s', (paging, seed, minimum) => {
  let seen = 0
  fc.assert(
    fc.property(
      featuresArbitrary,
      registersArbitrary([paging]),
      tablesArbitrary,
      fc.array(commandArbitrary(paging), { minLength: 1, maxLength: 40, size: 'max' }),
      (features, registers, edits, commands) => {
        const guest = new Guest(features)
        for (const edit of edits) applyEdit(guest, edit, paging !== '32-bit')
        const model = new LargestTlb(guest, features, linearsOf(paging))
        configure(model, registers)
        model.observe()
        for (const command of commands) {
          run(model, command)
          model.observe()
          seen += model.check()
        }
      },
    ),
    { seed, numRuns: 250 },
  )
  expect(seen).toBeGreaterThan(minimum)
})
