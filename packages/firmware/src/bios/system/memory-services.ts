import type { Context, Resume } from '../context.ts'
import { addressMap, extendedBytes } from './memory-map.ts'

const SMAP = 0x534d_4150
const ENTRY_BYTES = 20
const KIB = 1024
/** 63 MiB: all that AH=88h can tell, and 15 MiB, where AX of E801h ends. */
const MOST_OF_88 = 63 * KIB
const BELOW_16_MIB_KIB = 15 * KIB
const BLOCK_KIB = 64
const DESCRIPTOR = { SOURCE: 0x10, DESTINATION: 0x18 } as const
const SYSTEM_PORT_A = 0x92
const A20 = 0x02
const MOVE_CHUNK = 0x1000

/** AX=E820h: the entry that EBX counts to, at ES:DI. */
export function queryAddressMap({ registers, memory, machine }: Context): Resume {
  const { cpu } = registers
  const map = addressMap(machine)
  const entry = map[cpu.ebx]
  if (cpu.edx !== SMAP || cpu.ecx < ENTRY_BYTES || entry === undefined) {
    registers.ah = 0x86
    registers.carry = true
    return
  }
  const bytes = new DataView(new ArrayBuffer(ENTRY_BYTES))
  bytes.setUint32(0, entry.start, true)
  bytes.setUint32(8, entry.length, true)
  bytes.setUint32(16, entry.type, true)
  memory.store(registers.inEs(registers.di), new Uint8Array(bytes.buffer))
  cpu.eax = SMAP
  cpu.ecx = ENTRY_BYTES
  cpu.ebx = cpu.ebx + 1 < map.length ? cpu.ebx + 1 : 0
  registers.carry = false
}

/** AX=E801h: KiB between 1 and 16 MiB in AX and CX, blocks of 64 KiB above in BX and DX. */
export function querySizes({ registers, machine }: Context): Resume {
  const kib = Math.floor(extendedBytes(machine) / KIB)
  registers.ax = Math.min(kib, BELOW_16_MIB_KIB)
  registers.bx = Math.floor(Math.max(0, kib - BELOW_16_MIB_KIB) / BLOCK_KIB)
  registers.cx = registers.ax
  registers.dx = registers.bx
  registers.carry = false
}

/** AH=88h: KiB above 1 MiB. */
export function queryExtendedSize({ registers, machine }: Context): Resume {
  registers.ax = Math.min(Math.floor(extendedBytes(machine) / KIB), MOST_OF_88)
  registers.carry = false
}

/** AH=87h: moves CX words between the segments that a descriptor table at ES:SI names. A20 is open meanwhile. */
export function moveBlock({ registers, memory, ports }: Context): Resume {
  const table = registers.inEs(registers.si)
  const base = (descriptor: number): number =>
    (memory.read32(table + descriptor + 2) & 0xff_ffff) + memory.read8(table + descriptor + 7) * 0x100_0000
  const bytes = registers.cx * 2
  const [source, destination] = [base(DESCRIPTOR.SOURCE), base(DESCRIPTOR.DESTINATION)]
  const gate = ports.in8(SYSTEM_PORT_A)
  ports.out8(SYSTEM_PORT_A, gate | A20)
  for (let done = 0; done < bytes; done += MOVE_CHUNK) {
    const length = Math.min(MOVE_CHUNK, bytes - done)
    memory.store(destination + done, memory.bytes(source + done, length))
  }
  ports.out8(SYSTEM_PORT_A, gate & ~1)
  registers.ah = 0
  registers.carry = false
}

/** AH=24h: the A20 gate by port 92h. */
export function gateA20({ registers, ports }: Context): Resume {
  const gate = ports.in8(SYSTEM_PORT_A) & ~1
  registers.ah = 0
  registers.carry = false
  if (registers.al === 0) ports.out8(SYSTEM_PORT_A, gate & ~A20)
  else if (registers.al === 1) ports.out8(SYSTEM_PORT_A, gate | A20)
  else if (registers.al === 2) registers.al = gate & A20 ? 1 : 0
  // By the keyboard controller and by port 92h.
  else if (registers.al === 3) registers.bx = 3
  else {
    registers.ah = 0x86
    registers.carry = true
  }
}
