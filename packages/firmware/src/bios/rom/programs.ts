import { type Assembler, Opcode } from './assembler.ts'
import { layFastPath } from './fast-paths.ts'
import { layMemoryTypes } from './memory-types.ts'
import { layTrap, type TrapPoint } from './traps.ts'

/** Services that the ROM's code calls, by name. */
export type ServiceName =
  | 'post'
  | 'option-rom'
  | 'tick'
  | 'keyboard-interrupt'
  | 'mouse-interrupt'
  | 'clock-interrupt'
  | 'video'
  | 'equipment'
  | 'memory-size'
  | 'disk'
  | 'serial'
  | 'system'
  | 'keyboard'
  | 'printer'
  | 'print-screen'
  | 'boot-next'
  | 'boot'
  | 'time'
  | 'pause'
  | 'unexpected-interrupt'
  | 'pci32'

export type Traps = Map<ServiceName, TrapPoint<ServiceName>>

/** Services that are a trap and an IRET, by interrupt. */
export const PLAIN_SERVICES: Readonly<Record<number, ServiceName>> = {
  0x05: 'print-screen',
  0x10: 'video',
  0x11: 'equipment',
  0x12: 'memory-size',
  0x13: 'disk',
  0x14: 'serial',
  0x15: 'system',
  0x16: 'keyboard',
  0x17: 'printer',
  0x18: 'boot-next',
  0x19: 'boot',
  0x1a: 'time',
}

const PIC_MASTER = 0x20
const PIC_SLAVE = 0xa0
const END_OF_INTERRUPT = 0x20
const KEYBOARD_DATA = 0x60
const TICK_HOOK = 0x1c
const BREAK_HOOK = 0x1b
const KEYBOARD_INTERCEPT = 0x4f
const ALARM_HOOK = 0x4a

/** Lays every routine of the ROM that has no fixed place; interrupt handlers get the labels `int08` and so on. */
export function layPrograms(assembler: Assembler): Traps {
  const traps: Traps = new Map()
  const trap = (service: ServiceName): void => void traps.set(service, layTrap(assembler, service))
  for (const [vector, service] of Object.entries(PLAIN_SERVICES)) {
    assembler.label(interruptLabel(Number(vector)))
    layFastPath(assembler, Number(vector))
    trap(service)
    assembler.bytes(Opcode.IRET)
  }
  layPost(assembler, trap)
  layTick(assembler, trap)
  layKeyboard(assembler, trap)
  layMouse(assembler, trap)
  layClock(assembler, trap)
  layQuietHandlers(assembler, trap)
  return traps
}

export function interruptLabel(vector: number): string {
  return `int${vector.toString(16).padStart(2, '0')}`
}

/** Sends EOI, to the slave first where it has one to get. AX is spent. */
function endOfInterrupt(assembler: Assembler, fromSlave: boolean): void {
  assembler.bytes(Opcode.MOV_AL_IMM, END_OF_INTERRUPT)
  if (fromSlave) assembler.outImmediate(PIC_SLAVE)
  assembler.outImmediate(PIC_MASTER)
}

/** Power-on: the machine is set up, then the option ROMs in turn, then INT 19h. */
function layPost(assembler: Assembler, trap: (service: ServiceName) => void): void {
  assembler.label('post').bytes(Opcode.CLI, Opcode.CLD)
  trap('post')
  layMemoryTypes(assembler)
  // An option ROM returns here.
  assembler.label('option-roms')
  trap('option-rom')
  assembler.label('start').bytes(Opcode.STI).int(0x19)
  assembler.label('boot-failed').int(0x18).short(Opcode.JMP_SHORT, 'boot-failed')
  // CPU idle of the APM interface: asleep until an interrupt, then back to the caller.
  assembler.label('idle').bytes(Opcode.STI, Opcode.HLT, Opcode.IRET)
  // SHUTDOWN 9: on the stack is what the AT's BIOS pushed.
  assembler.label('block-move-return').bytes(Opcode.POP_DS, Opcode.POP_ES, Opcode.POPA, Opcode.IRET)
  assembler.label('stop').bytes(Opcode.CLI, Opcode.HLT).short(Opcode.JMP_SHORT, 'stop')
}

function layTick(assembler: Assembler, trap: (service: ServiceName) => void): void {
  assembler.label('int08')
  trap('tick')
  assembler.int(TICK_HOOK)
  assembler.bytes(Opcode.PUSH_AX)
  endOfInterrupt(assembler, false)
  assembler.bytes(Opcode.POP_AX, Opcode.IRET)
}

function layKeyboard(assembler: Assembler, trap: (service: ServiceName) => void): void {
  assembler.label('int09').bytes(Opcode.PUSH_AX, Opcode.IN_AL_IMM, KEYBOARD_DATA)
  // Whoever hooks INT 15h, AH=4Fh may change the scan code or, by CF = 0, swallow it.
  assembler.bytes(Opcode.MOV_AH_IMM, KEYBOARD_INTERCEPT, Opcode.STC).int(0x15)
  assembler.short(Opcode.JNC_SHORT, 'key-done')
  trap('keyboard-interrupt')
  assembler.label('key-done')
  endOfInterrupt(assembler, false)
  assembler.bytes(Opcode.POP_AX, Opcode.IRET)
  assembler.label('key-break').int(BREAK_HOOK).jump('key-done')
  assembler.label('key-print')
  endOfInterrupt(assembler, false)
  assembler.int(0x05).bytes(Opcode.POP_AX, Opcode.IRET)
  // SysRq: AX is 8500h when it goes down, 8501h when it comes up.
  assembler.label('key-system')
  endOfInterrupt(assembler, false)
  assembler.bytes(Opcode.MOV_AL_IMM, 0, Opcode.MOV_AH_IMM, 0x85).int(0x15).bytes(Opcode.POP_AX, Opcode.IRET)
  assembler.label('key-system-up')
  endOfInterrupt(assembler, false)
  assembler.bytes(Opcode.MOV_AL_IMM, 1, Opcode.MOV_AH_IMM, 0x85).int(0x15).bytes(Opcode.POP_AX, Opcode.IRET)
  // Pause: until a key comes. The interrupt is over, so that keys do come.
  assembler.label('key-pause')
  endOfInterrupt(assembler, false)
  trap('pause')
  assembler.bytes(Opcode.POP_AX, Opcode.IRET)
}

function layMouse(assembler: Assembler, trap: (service: ServiceName) => void): void {
  assembler.label('int74').bytes(Opcode.PUSHA, Opcode.PUSH_DS, Opcode.PUSH_ES)
  trap('mouse-interrupt')
  assembler.short(Opcode.JMP_SHORT, 'mouse-end')
  // The guest's handler returns here; add sp,8: status, X, Y, Z.
  assembler.label('mouse-return').bytes(0x83, 0xc4, 0x08)
  assembler.label('mouse-end').bytes(Opcode.CLI, Opcode.POP_ES, Opcode.POP_DS)
  endOfInterrupt(assembler, true)
  assembler.bytes(Opcode.POPA, Opcode.IRET)
}

function layClock(assembler: Assembler, trap: (service: ServiceName) => void): void {
  assembler.label('int70').bytes(Opcode.PUSH_AX)
  trap('clock-interrupt')
  endOfInterrupt(assembler, true)
  assembler.bytes(Opcode.POP_AX, Opcode.IRET)
  assembler.label('clock-alarm').int(ALARM_HOOK)
  endOfInterrupt(assembler, true)
  assembler.bytes(Opcode.POP_AX, Opcode.IRET)
}

/** Handlers of interrupts that nobody has asked for. */
function layQuietHandlers(assembler: Assembler, trap: (service: ServiceName) => void): void {
  // IRQ 9 is the AT's way of IRQ 2.
  assembler.label('int71').bytes(Opcode.PUSH_AX)
  assembler.bytes(Opcode.MOV_AL_IMM, END_OF_INTERRUPT).outImmediate(PIC_SLAVE)
  assembler.bytes(Opcode.POP_AX).int(0x0a).bytes(Opcode.IRET)
  // The coprocessor's error by IRQ 13: clear its latch, then as the PC had it, by NMI.
  assembler.label('int75').bytes(Opcode.PUSH_AX, Opcode.MOV_AL_IMM, 0).outImmediate(0xf0)
  endOfInterrupt(assembler, true)
  assembler.bytes(Opcode.POP_AX).int(0x02).bytes(Opcode.IRET)
  // Programs that drive the controllers themselves wait for these bytes of the data area to change.
  layNote(assembler, 'int0e', false, [0x80, 0x0e, 0x3e, 0x00, 0x80]) // or byte [3Eh],80h
  layNote(assembler, 'int76', true, [0xc6, 0x06, 0x8e, 0x00, 0xff]) // mov byte [8Eh],0FFh
  // Any other line: a spurious interrupt gets no EOI, which the service sees to.
  assembler.label('hardware-interrupt').bytes(Opcode.PUSH_AX)
  trap('unexpected-interrupt')
  assembler.bytes(Opcode.POP_AX, Opcode.IRET)
}

/** A disk's interrupt: `note`, an instruction, leaves word of it in the data area. */
function layNote(assembler: Assembler, label: string, fromSlave: boolean, note: readonly number[]): void {
  assembler.label(label).bytes(Opcode.PUSH_AX, Opcode.PUSH_DS)
  // mov ax,40h; mov ds,ax
  assembler.bytes(0xb8, 0x40, 0x00, 0x8e, 0xd8, ...note)
  endOfInterrupt(assembler, fromSlave)
  assembler.bytes(Opcode.POP_DS, Opcode.POP_AX, Opcode.IRET)
}
