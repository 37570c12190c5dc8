import type { Context, Resume } from '../context.ts'
import { ROM_BASE } from '../rom/layout.ts'
import { PROTECTED_MODE_LABEL } from '../rom/protected-mode.ts'

const SYSTEM_PORT_A = 0x92
const A20 = 0x02
/** The eighth descriptor of the caller's table is the BIOS's own: 64 KiB of 16-bit code. */
const BIOS_CODE = 0x38
const BIOS_CODE_LIMIT = 0xffff
const BIOS_CODE_RIGHTS = 0x9b
const UNSUPPORTED = 0x86

/** Initialization of the interrupt controllers, with vectors from `master` and `slave` on, and all lines masked but the cascade. */
const controllers = (master: number, slave: number): readonly (readonly [port: number, value: number])[] => [
  [0x20, 0x11],
  [0x21, master],
  [0x21, 0x04],
  [0x21, 0x01],
  [0xa0, 0x11],
  [0xa1, slave],
  [0xa1, 0x02],
  [0xa1, 0x01],
  [0x21, 0xfb],
  [0xa1, 0xff],
]

/**
 * AH=89h: goes on behind the call in protected mode, with the segments of the table at ES:SI: 08h itself, 10h the IDT, 18h DS, 20h ES,
 * 28h SS, 30h CS. BL and BH are the vectors of IRQ 0 and IRQ 8.
 */
export function enterProtectedMode({ registers, memory, ports }: Context): Resume {
  if (registers.cpu.mode !== 'real') {
    registers.ah = UNSUPPORTED
    registers.carry = true
    return
  }
  const { bl, bh } = registers
  ports.out8(SYSTEM_PORT_A, (ports.in8(SYSTEM_PORT_A) & ~1) | A20)
  const at = registers.inEs(registers.si + BIOS_CODE)
  memory.write32(at, ((ROM_BASE & 0xffff) * 0x1_0000 + BIOS_CODE_LIMIT) >>> 0)
  memory.write32(at + 4, (ROM_BASE >>> 16) | (BIOS_CODE_RIGHTS << 8))
  for (const [port, value] of controllers(bl & 0xf8, bh & 0xf8)) ports.out8(port, value)
  return { label: PROTECTED_MODE_LABEL }
}
