import fc from 'fast-check'
import { expect, it } from 'vitest'
import { CR4, Outcome, POLICIES, Privilege, TRACED_TAG } from '../../src/index.ts'
import type { ControlRegisters, PolicyName, ProcessorFeatures } from '../../src/index.ts'
import {
  DATA,
  Guest,
  INDEXES,
  KINDS,
  PAGE,
  TABLES,
  WHO,
  applyEdit,
  editArbitrary,
  featuresArbitrary,
  linearOf,
  registersArbitrary,
  tablesArbitrary,
  tamePdptes,
  tellOfWrite,
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
  if (isLoaded) {
    tellOfWrite(guest, Math.floor(registers.cr3 / PAGE), model.linears)
    tamePdptes(guest, registers.cr3)
  }
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
      const isUser = command.who[0] === Privilege.User
      const found = (tag: number): number => mmu.tlb.lookup(Number(linear), command.kind[0], isUser, tag)
      const before = Math.max(found(0), found(TRACED_TAG))
      const wanted = naiveTranslate(model, guest, { linear, kind: command.kind[1], who: command.who[1] })
      const outcome = mmu.access(Number(linear), command.kind[0], command.who[0])
      const isDone = outcome === Outcome.Direct || outcome === Outcome.Traced
      // What the TLB holds may be used as it is, but implicit accesses know no softened SMAP.
      if (before >= 0 && (command.who[1] !== 'implicit' || (model.registers.cr4 & CR4.SMAP) === 0)) {
        requireEqual('use of the TLB', isDone, true)
        requireEqual('host address', mmu.host, before)
        requireEqual('frame of the page', guest.readAddress(Math.floor(mmu.physical / PAGE)), before & -PAGE)
      } else requireEqual('fault', outcome === Outcome.Fault, wanted.fault !== undefined)
      if (isDone) requireEqual('cached address', found(outcome === Outcome.Traced ? TRACED_TAG : 0), mmu.host)
      return
    }
    case 'edit':
      tellOfWrite(guest, command.edit.table, linears)
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

type Weights = Readonly<Record<Command['do'], number>>

const EVERYTHING: Weights = {
  access: 20,
  edit: 4,
  invalidate: 3,
  loadCr3: 2,
  configure: 1,
  toggleTaskSwitched: 1,
  toggleA20: 1,
  allowUserData: 2,
  move: 2,
  trace: 5,
  flush: 1,
}

/** Two address spaces by turns, and a table that changes now and then. */
const SWITCHES: Weights = {
  ...EVERYTHING,
  access: 60,
  edit: 8,
  loadCr3: 25,
  configure: 0,
  toggleA20: 0,
  flush: 0,
  trace: 1,
  move: 1,
}

function commandArbitrary(paging: Paging, weights: Weights, roots: readonly number[]): fc.Arbitrary<Command> {
  const at = fc.nat(50)
  const ppn = fc.constantFrom(...TABLES, ...DATA)
  const fields: { readonly [D in Command['do']]: Omit<{ [K in keyof Command]: unknown }, 'do'> } = {
    access: { at, kind: fc.constantFrom(...KINDS), who: fc.constantFrom(...WHO) },
    edit: { edit: editArbitrary },
    invalidate: { at, near: fc.constantFrom(0, 1, 0x1000, 0x10_0000, 0x80_0000) },
    loadCr3: { root: fc.constantFrom(...roots) },
    configure: { registers: registersArbitrary([paging, paging, paging, 'off']) },
    toggleTaskSwitched: {},
    toggleA20: {},
    allowUserData: { allowed: fc.boolean() },
    move: { ppn },
    trace: { ppn, on: fc.boolean() },
    flush: {},
  }
  const kinds = Object.keys(fields) as Command['do'][]
  return fc.oneof(
    ...kinds.map((kind) => ({
      weight: weights[kind],
      arbitrary: fc.record({ do: fc.constant(kind), ...fields[kind] }) as fc.Arbitrary<Command>,
    })),
  )
}

/** Linear addresses below 4 GiB: more than the four entries of each array hold, so that they also displace each other. */
function linearsOf(paging: Paging): bigint[] {
  const found = new Set<bigint>()
  for (const b of [0, 1]) for (const c of INDEXES) for (const d of INDEXES) found.add(linearOf(paging, [0, b, c, d], 0))
  return [...found]
}

/** Runs commands from random tables; answers how many entries were held against the model, and how many were recalled. */
function explore(
  paging: Paging,
  policy: PolicyName,
  weights: Weights,
  parameters: { seed: number; numRuns: number; length: number; roots: readonly number[] },
): { seen: number; recalls: number } {
  const { seed, numRuns, length, roots } = parameters
  let seen = 0
  let recalls = 0
  fc.assert(
    fc.property(
      featuresArbitrary,
      registersArbitrary([paging]),
      tablesArbitrary,
      fc.constantFrom(1, 2, 8),
      fc.array(commandArbitrary(paging, weights, roots), { minLength: 1, maxLength: length, size: 'max' }),
      (features, registers, edits, contexts, commands) => {
        const guest = new Guest(features, policy, contexts)
        for (const edit of edits) applyEdit(guest, edit, paging !== '32-bit')
        const model = new LargestTlb(guest, features, linearsOf(paging))
        configure(model, registers)
        model.observe()
        for (const command of commands) {
          run(model, command)
          model.observe()
          seen += model.check()
        }
        recalls += guest.mmu.statistics.recalls
      },
    ),
    { seed, numRuns },
  )
  return { seen, recalls }
}

// Oracle: LargestTlb over the naive walk, recomputed after every step.
it.each(
  POLICIES.flatMap((policy) =>
    (
      [
        ['off', 201, 2000],
        ['32-bit', 202, 3000],
        ['pae', 203, 1000],
        ['4-level', 204, 800],
      ] as const
    ).map((example) => [policy, ...example] as const),
  ),
)('the TLB holds nothing that the architecture would not allow: %s, %s', (policy, paging, seed, minimum) => {
  const { seen } = explore(paging, policy, EVERYTHING, { seed, numRuns: 250, length: 40, roots: TABLES })
  expect(seen).toBeGreaterThan(minimum)
})

// The same oracle. A load of CR3 takes everything but global entries from the model, so whatever is recalled must be what a walk permits then.
it.each([
  ['32-bit', 302, 500],
  ['pae', 303, 100],
  ['4-level', 304, 100],
] as const)('nothing is recalled that the tables no longer say: %s', (paging, seed, minimum) => {
  const { recalls } = explore(paging, 'caching', SWITCHES, { seed, numRuns: 250, length: 80, roots: [1, 2, 0x101] })
  expect(recalls).toBeGreaterThan(minimum)
})
