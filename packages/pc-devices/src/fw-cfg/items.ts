import { FILE_NAME_BYTES, FIRST_UNUSED, Id, Key } from './registers.ts'

/** Addresses that physical memory is made of. `type`: 1 memory, 2 reserved, 3 ACPI tables, 4 ACPI NVS, 5 bad. */
export interface E820Entry {
  start: number
  length: number
  type: number
}

/** A kernel for firmware to load: the parts of a Linux image, and where they go. */
export interface FwCfgKernel {
  setup: Uint8Array
  setupAddress: number
  kernel: Uint8Array
  kernelAddress: number
  initrd?: Uint8Array
  initrdAddress?: number
  commandLine?: string
  commandLineAddress?: number
}

export interface FwCfgItems {
  ramBytes: number
  /** Default 1. */
  cpus?: number
  /** Default: as many as `cpus`. */
  maxCpus?: number
  uuid?: Uint8Array
  /** Memory map, served as the file etc/e820 and in the old table. */
  e820?: readonly E820Entry[]
  bootMenu?: boolean
  kernel?: FwCfgKernel
  /**
   * Files by name (at most 55 characters): etc/acpi/tables, etc/acpi/rsdp, etc/table-loader, etc/smbios/smbios-tables,
   * bootorder, genroms/..., vgaroms/... and whatever else the firmware looks for.
   */
  files?: Readonly<Record<string, FwCfgFile>>
  /** Names of those files that the guest may write to. */
  writable?: readonly string[]
  /** Items by number, besides or instead of the above. */
  items?: Readonly<Record<number, Uint8Array>>
}

/** A file's contents; from a function, they are asked for whenever the guest selects the file, and always as long. */
export type FwCfgFile = Uint8Array | string | (() => Uint8Array)

export interface Item {
  data: Uint8Array
  /** Makes `data` anew when the item is selected. */
  refresh?: () => Uint8Array
  writable: boolean
}

const text = new TextEncoder()

function little(bytes: number, ...values: number[]): Uint8Array {
  const result = new Uint8Array(bytes * values.length)
  values.forEach((value, i) => {
    for (let byte = 0; byte < bytes; byte++) result[i * bytes + byte] = Math.floor(value / 2 ** (8 * byte)) & 0xff
  })
  return result
}

function e820Table(entries: readonly E820Entry[]): Uint8Array {
  const table = new Uint8Array(20 * entries.length)
  entries.forEach(({ start, length, type }, i) => {
    table.set(little(8, start, length), 20 * i)
    table.set(little(4, type), 20 * i + 16)
  })
  return table
}

function kernelItems(kernel: FwCfgKernel): [number, Uint8Array][] {
  const commandLine = text.encode(`${kernel.commandLine ?? ''}\0`)
  const initrd = kernel.initrd ?? new Uint8Array(0)
  return [
    [Key.KERNEL_ADDRESS, little(4, kernel.kernelAddress)],
    [Key.KERNEL_SIZE, little(4, kernel.kernel.length)],
    [Key.KERNEL_DATA, kernel.kernel],
    [Key.SETUP_ADDRESS, little(4, kernel.setupAddress)],
    [Key.SETUP_SIZE, little(4, kernel.setup.length)],
    [Key.SETUP_DATA, kernel.setup],
    [Key.INITRD_ADDRESS, little(4, kernel.initrdAddress ?? 0)],
    [Key.INITRD_SIZE, little(4, initrd.length)],
    [Key.INITRD_DATA, initrd],
    [Key.CMDLINE_ADDRESS, little(4, kernel.commandLineAddress ?? 0x2_0000)],
    [Key.CMDLINE_SIZE, little(4, commandLine.length)],
    [Key.CMDLINE_DATA, commandLine],
  ]
}

function bytesOf(content: FwCfgFile): Uint8Array {
  if (typeof content === 'string') return text.encode(content)
  return typeof content === 'function' ? content() : content
}

/** All items by number, the directory of files among them. */
export function buildItems(options: FwCfgItems): Map<number, Item> {
  const { cpus = 1, e820 = [] } = options
  const items = new Map<number, Item>()
  const add = (key: number, data: Uint8Array, writable = false): void => void items.set(key, { data, writable })
  add(Key.SIGNATURE, text.encode('QEMU'))
  add(Key.ID, little(4, Id.TRADITIONAL | Id.DMA))
  add(Key.UUID, options.uuid ?? new Uint8Array(16))
  add(Key.RAM_SIZE, little(8, options.ramBytes))
  add(Key.NOGRAPHIC, little(2, 0))
  add(Key.CPU_COUNT, little(2, cpus))
  add(Key.MAX_CPUS, little(2, options.maxCpus ?? cpus))
  add(Key.BOOT_MENU, little(2, options.bootMenu ? 1 : 0))
  add(Key.IRQ0_OVERRIDE, little(4, 1))
  const table = e820Table(e820)
  add(Key.E820, Uint8Array.from([...little(4, e820.length), ...table]))
  for (const [key, data] of options.kernel ? kernelItems(options.kernel) : []) add(key, data)
  const files: Record<string, FwCfgFile> = {
    ...(e820.length > 0 ? { 'etc/e820': table } : {}),
    ...options.files,
  }
  const names = Object.keys(files).sort()
  const directory = new Uint8Array(4 + 64 * names.length)
  const view = new DataView(directory.buffer)
  view.setUint32(0, names.length)
  names.forEach((name, i) => {
    const encoded = text.encode(name)
    if (encoded.length === 0 || encoded.length >= FILE_NAME_BYTES || Key.FIRST_FILE + i >= FIRST_UNUSED) {
      throw new RangeError(`a file's name has 1..55 bytes, got ${JSON.stringify(name)}`)
    }
    const content = files[name]!
    const data = bytesOf(content)
    const writable = options.writable?.includes(name) ?? false
    add(Key.FIRST_FILE + i, writable ? data.slice() : data, writable)
    if (typeof content === 'function') items.get(Key.FIRST_FILE + i)!.refresh = content
    view.setUint32(4 + 64 * i, data.length)
    view.setUint16(8 + 64 * i, Key.FIRST_FILE + i)
    directory.set(encoded, 12 + 64 * i)
  })
  add(Key.FILE_DIRECTORY, directory)
  for (const [key, data] of Object.entries(options.items ?? {})) add(Number(key), data)
  return items
}
