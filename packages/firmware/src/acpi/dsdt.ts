import {
  RegionSpace,
  device,
  eisaId,
  field,
  integer,
  method,
  name,
  operationRegion,
  packageOf,
  scope,
} from '../aml/encode.ts'
import type { Aml } from '../aml/encode.ts'
import {
  LEVEL_INTERRUPT_NUMBER_OFFSET,
  busWindow,
  isaInterrupts,
  levelInterrupts,
  memoryWindow,
  portWindow,
  ports,
  resourceTemplate,
} from '../aml/resources.ts'
import { and, argument, createDwordField, not, or, reference, returns, store, when } from '../aml/statements.ts'
import { concatenate } from '../little-endian.ts'
import type { AcpiHardware } from './hardware.ts'

const PCI_SLOTS = 32
const PINS = 4
const LINKS = ['LNKA', 'LNKB', 'LNKC', 'LNKD'] as const
const ROUTES = ['PRQA', 'PRQB', 'PRQC', 'PRQD'] as const
/** PIRQRCx bit 7: the interrupt is not routed. */
const NOT_ROUTED = 0x80
const ROUTE_MASK = 0x0f
const PIRQRCA = 0x60
/** _STA: present and functioning; with "enabled" or without. */
const STA_ENABLED = 0x0b
const STA_DISABLED = 0x09
const PM1_SLEEP_TYPES = 4

/** The machine's devices as AML: what stands in the DSDT after its header. */
export function buildDsdtBody(hardware: AcpiHardware): Aml {
  const { s3SleepType, s5SleepType } = hardware
  return concatenate(
    ...(s3SleepType === undefined ? [] : [sleepState('\\_S3', s3SleepType)]),
    sleepState('\\_S5', s5SleepType),
    scope('\\_SB', pciRootBridge(hardware), ...pciLinks(hardware)),
  )
}

/** SLP_TYP for PM1a and PM1b (ACPI 7.3.4). */
function sleepState(path: string, sleepType: number): Aml {
  const unused = Array.from({ length: PM1_SLEEP_TYPES - 2 }, () => integer(0))
  return name(path, packageOf(integer(sleepType), integer(sleepType), ...unused))
}

function pciRootBridge(hardware: AcpiHardware): Aml {
  return device(
    'PCI0',
    name('_HID', eisaId('PNP0A03')),
    name('_UID', integer(0)),
    name('_CRS', pciWindows(hardware)),
    name('_PRT', routingTable(hardware)),
    isaBridge(hardware),
  )
}

function pciWindows({ pciMemory, vga }: AcpiHardware): Aml {
  return resourceTemplate(
    busWindow(0, 0xff),
    ports(0xcf8, 8),
    portWindow(0, 0xcf7),
    portWindow(0xd00, 0xffff),
    ...(vga ? [memoryWindow(0xa0000, 0xbffff)] : []),
    memoryWindow(pciMemory.start, pciMemory.end - 1),
  )
}

/** Pin p (0-3) of slot s is PIRQ (s + p - 1) mod 4: the PIIX boards' barber pole, slot 1's INTA first. */
function routingTable({ pciInterrupts }: AcpiHardware): Aml {
  const entries: Aml[] = []
  for (let slot = 1; slot < PCI_SLOTS; slot += 1) {
    for (let pin = 0; pin < PINS; pin += 1) {
      const pirq = (slot + pin - 1) % PINS
      const [source, index] =
        pciInterrupts.kind === 'piix' ? [reference(LINKS[pirq] ?? ''), 0] : [integer(0), pciInterrupts.lines[pirq] ?? 0]
      entries.push(packageOf(integer(slot * 0x10000 + 0xffff), integer(pin), source, integer(index)))
    }
  }
  return packageOf(...entries)
}

function isaBridge(hardware: AcpiHardware): Aml {
  const { pciInterrupts } = hardware
  const routed = pciInterrupts.kind === 'piix'
  const slot = routed ? pciInterrupts.bridgeSlot : 1
  return device(
    'ISA',
    name('_ADR', integer(slot * 0x10000)),
    ...(routed
      ? [
          operationRegion('PIRQ', RegionSpace.PciConfig, PIRQRCA, PINS),
          field(
            'PIRQ',
            ROUTES.map((route) => [route, 8] as const),
          ),
        ]
      : []),
    isaDevice('COM1', 'PNP0501', name('_UID', integer(1)), ports(0x3f8, 8), isaInterrupts(4)),
    isaDevice('KBD', 'PNP0303', undefined, ports(0x60, 1), ports(0x64, 1), isaInterrupts(1)),
    ...(hardware.mouse ? [isaDevice('MOU', 'PNP0F13', undefined, isaInterrupts(12))] : []),
    isaDevice('RTC', 'PNP0B00', undefined, ports(0x70, 2), isaInterrupts(8)),
  )
}

function isaDevice(path: string, id: string, uid: Aml | undefined, ...resources: readonly Uint8Array[]): Aml {
  return device(
    path,
    name('_HID', eisaId(id)),
    ...(uid === undefined ? [] : [uid]),
    name('_CRS', resourceTemplate(...resources)),
  )
}

/** One link device per PIRQ: the operating system reads and sets the routing register through it (ACPI 6.2.13). */
function pciLinks({ pciInterrupts }: AcpiHardware): Aml[] {
  if (pciInterrupts.kind !== 'piix') return []
  return LINKS.map((link, index) => pciLink(link, `\\_SB.PCI0.ISA.${ROUTES[index]}`, index, pciInterrupts.irqs))
}

function pciLink(path: string, routePath: string, index: number, irqs: readonly number[]): Aml {
  const route = reference(routePath)
  return device(
    path,
    name('_HID', eisaId('PNP0C0F')),
    name('_UID', integer(index)),
    name('_PRS', resourceTemplate(levelInterrupts(...irqs))),
    method(
      '_STA',
      {},
      when(and(route, integer(NOT_ROUTED)), returns(integer(STA_DISABLED))),
      returns(integer(STA_ENABLED)),
    ),
    method('_DIS', {}, or(route, integer(NOT_ROUTED), route)),
    method(
      '_CRS',
      { serialized: true },
      name('BUF0', resourceTemplate(levelInterrupts(0))),
      createDwordField(reference('BUF0'), LEVEL_INTERRUPT_NUMBER_OFFSET, 'IRQ0'),
      when(not(and(route, integer(NOT_ROUTED))), and(route, integer(ROUTE_MASK), reference('IRQ0'))),
      returns(reference('BUF0')),
    ),
    method(
      '_SRS',
      { args: 1, serialized: true },
      createDwordField(argument(0), LEVEL_INTERRUPT_NUMBER_OFFSET, 'IRQ1'),
      store(reference('IRQ1'), route),
    ),
  )
}
