/** QEMU's documentation of the firmware configuration device (fw_cfg). */
export const Port = { SELECTOR: 0x510, DATA: 0x511, DMA_HIGH: 0x514, DMA_LOW: 0x518 } as const

export const Key = {
  SIGNATURE: 0x00,
  ID: 0x01,
  UUID: 0x02,
  RAM_SIZE: 0x03,
  NOGRAPHIC: 0x04,
  CPU_COUNT: 0x05,
  KERNEL_ADDRESS: 0x07,
  KERNEL_SIZE: 0x08,
  INITRD_ADDRESS: 0x0a,
  INITRD_SIZE: 0x0b,
  BOOT_MENU: 0x0e,
  MAX_CPUS: 0x0f,
  KERNEL_DATA: 0x11,
  INITRD_DATA: 0x12,
  CMDLINE_ADDRESS: 0x13,
  CMDLINE_SIZE: 0x14,
  CMDLINE_DATA: 0x15,
  SETUP_ADDRESS: 0x16,
  SETUP_SIZE: 0x17,
  SETUP_DATA: 0x18,
  FILE_DIRECTORY: 0x19,
  FIRST_FILE: 0x20,
  ACPI_TABLES: 0x8000,
  SMBIOS_ENTRIES: 0x8001,
  IRQ0_OVERRIDE: 0x8002,
  E820: 0x8003,
  HPET: 0x8004,
} as const

/** Of the ID item: the ports, and the DMA interface. */
export const Id = { TRADITIONAL: 1, DMA: 2 } as const
export const Dma = { ERROR: 1, READ: 2, SKIP: 4, SELECT: 8, WRITE: 16 } as const
/** What the DMA address register reads as: "QEMU CFG". */
export const DMA_SIGNATURE = [0x51454d55, 0x20434647] as const
export const FILE_NAME_BYTES = 56
export const FIRST_UNUSED = 0x4000
