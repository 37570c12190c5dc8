import type { PciMode } from '@mica-vm/virtio'
import { z } from 'zod'
import { CPU_MODELS } from '../../host.ts'
import { bytesOfSize } from '../size.ts'

/** By how many milliseconds the timer of an idle guest may be late if the file does not say. */
export const defaultTimerSlackMs = 400

/** Memory of a machine; sizes in bytes. */
export interface HostFileMemory {
  readonly size: number
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly shares?: number | undefined
}

/** An image in a drive. */
export interface HostFileImage {
  readonly file: string
  /** What the guest writes stays in memory. */
  readonly snapshot: boolean
}

/** The image of a virtio disk. */
export interface HostFileVirtioDisk extends HostFileImage {
  /** The guest cannot write at all. */
  readonly readOnly: boolean
  readonly serial?: string | undefined
}

/** Devices for guests that have virtio drivers, beside the balloon that each has. */
export interface HostFileVirtio {
  readonly disks: readonly HostFileVirtioDisk[]
  readonly rng: boolean
  readonly console: boolean
  readonly mode: PciMode
}

/** A machine. */
export interface HostFileVm {
  readonly name: string
  readonly kernel?: string | undefined
  readonly initrd?: string | undefined
  readonly append?: string | undefined
  readonly memory: HostFileMemory
  readonly cpu?: string | undefined
  readonly cpuShares?: number | undefined
  /** Trust domain: frames are shared between machines of one salt only. */
  readonly salt?: string | undefined
  readonly floppies: readonly HostFileImage[]
  readonly disks: readonly HostFileImage[]
  readonly cdroms: readonly string[]
  readonly virtio: HostFileVirtio
  /** What the guest is sent through its first serial port, a line whenever it waits for one. */
  readonly input?: string | undefined
}

/** How memory is managed; times in seconds, thresholds as parts of the host's memory. */
export interface HostFilePolicy {
  readonly idleTax?: number | undefined
  readonly samplePages?: number | undefined
  readonly samplePeriod?: number | undefined
  readonly rebalance?: number | undefined
  readonly thresholds?:
    { readonly high: number; readonly soft: number; readonly hard: number; readonly low: number } | undefined
}

/** A host file that has been checked: sizes in bytes, what is not said filled in. */
export interface HostFile {
  readonly $schema?: string | undefined
  readonly memory: number
  readonly engine: 'auto' | 'interpreter' | 'translator'
  readonly swap?: { readonly file?: string | undefined; readonly size: number } | undefined
  /** Null: no frames are shared. */
  readonly sharing: {
    readonly pagesPerSecond?: number | undefined
    readonly pagesPerSecondPerVm?: number | undefined
  } | null
  readonly policy: HostFilePolicy
  readonly timerSlackMs: number
  readonly vms: readonly HostFileVm[]
}

const mib = 2 ** 20
const guestStep = 64 * 2 ** 10

/** `64M`, `1G`, or a number of MiB, as bytes. */
export const sizeSchema: z.ZodType<number> = z
  .union([z.string(), z.number()], 'must be a size such as "64M" or "1G"')
  .transform((value, context) => {
    const bytes = bytesOfSize(String(value))
    if (bytes !== null) return bytes
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is no size such as "64M" or "1G"` })
    return z.NEVER
  })

const guestSize = sizeSchema.refine((bytes) => bytes >= mib && bytes <= 3584 * mib && bytes % guestStep === 0, {
  message: 'give a guest 1M to 3584M, in steps of 64K',
})

const shares = z.int('must be an integer').min(1, 'must be 1 at least').max(1_000_000, 'must be 1000000 at most')
const fraction = z.number().min(0, 'must be from 0 to below 1').lt(1, 'must be from 0 to below 1')
const seconds = z.number().positive('must be more than 0').max(86_400, 'must be 86400 (a day) at most')
const rate = z.number().min(0, 'must be 0 or more')
const file = z.string().min(1, 'must name a file')

/** What `memory` of a machine has to be: a size, or an object. */
export const memorySchema: z.ZodType<HostFileMemory> = z.union(
  [
    guestSize.transform((bytes) => ({ size: bytes })),
    z.strictObject({
      size: guestSize,
      min: sizeSchema.optional(),
      max: sizeSchema.optional(),
      shares: shares.optional(),
    }),
  ],
  'must be a size such as "64M", or an object with size, and min, max and shares if wanted',
)

const image = z.union(
  [
    file.transform((path) => ({ file: path, snapshot: false })),
    z.strictObject({ file, snapshot: z.boolean().default(false) }),
  ],
  'must name a file, or be an object with file and snapshot',
)

const virtioDisk = z.union(
  [
    file.transform((path) => ({ file: path, snapshot: false, readOnly: false })),
    z.strictObject({
      file,
      snapshot: z.boolean().default(false),
      readOnly: z.boolean().default(false),
      serial: z
        .string()
        .regex(/^[\x20-\x7e]{1,20}$/, 'must be 1 to 20 characters of ASCII')
        .optional(),
    }),
  ],
  'must name a file, or be an object with file, and snapshot, readOnly and serial if wanted',
)

const virtio = z.strictObject({
  disks: z.array(virtioDisk).default([]),
  rng: z.boolean().default(false),
  console: z.boolean().default(false),
  mode: z.enum(['modern', 'transitional', 'legacy'], 'must be modern, transitional or legacy').default('transitional'),
})

const vm = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/, 'must be 1 to 32 letters, digits, dots, dashes and underscores'),
  kernel: file.optional(),
  initrd: file.optional(),
  append: z.string().optional(),
  memory: memorySchema,
  cpu: z
    .string()
    .refine(
      (name) => CPU_MODELS.some((model) => name.split(',')[0] === model),
      `must be one of ${CPU_MODELS.join(', ')}`,
    )
    .optional(),
  cpuShares: shares.optional(),
  salt: z.string().optional(),
  floppies: z.array(image).max(2, 'a PC has two floppy drives').default([]),
  disks: z.array(image).max(4, 'a PC has four IDE drives').default([]),
  cdroms: z.array(file).max(4, 'a PC has four IDE drives').default([]),
  virtio: virtio.prefault({}),
  input: z.string().optional(),
})

const sharing = z.union(
  [
    z.boolean().transform((on) => (on ? {} : null)),
    z.strictObject({ pagesPerSecond: rate.optional(), pagesPerSecondPerVm: rate.optional() }),
  ],
  'must be true, false, or an object with pagesPerSecond and pagesPerSecondPerVm',
)

const policy = z.strictObject({
  idleTax: fraction.optional(),
  samplePages: z.int().min(1).max(10_000).optional(),
  samplePeriod: seconds.optional(),
  rebalance: seconds.optional(),
  thresholds: z
    .strictObject({ high: fraction, soft: fraction, hard: fraction, low: fraction })
    .refine(({ high, soft, hard, low }) => high > soft && soft > hard && hard > low, 'must fall from high to low')
    .optional(),
})

/** What a host file has to be; sizes become bytes. */
export const hostSchema: z.ZodType<HostFile> = z.strictObject({
  $schema: z.string().optional(),
  memory: sizeSchema,
  engine: z.enum(['auto', 'interpreter', 'translator'], 'must be auto, interpreter or translator').default('auto'),
  swap: z.strictObject({ file: file.optional(), size: sizeSchema }).optional(),
  sharing: sharing.default({}),
  policy: policy.default({}),
  timerSlackMs: z
    .number()
    .min(0, 'must be from 0 to 1000')
    .max(1000, 'must be from 0 to 1000')
    .default(defaultTimerSlackMs),
  vms: z.array(vm).min(1, 'must have one machine at least').max(64, 'must have 64 machines at most'),
})
