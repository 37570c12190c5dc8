/**
 * A virtual machine assembled from its parts, without `vmm`: memory, page map, MMU, engine, PC, loader. Its kernel writes to the first
 * serial port and halts.
 */
import assert from 'node:assert/strict'
import { Engine, mica32, tlbOffsets, Vcpu, VcpuExit, vcpuBytes } from '@mica-vm/binary-translator'
import { loadMultiboot } from '@mica-vm/firmware'
import { MachineMemory, PhysicalMap } from '@mica-vm/machine-memory'
import { ClockTimers, createPcPlatform } from '@mica-vm/pc-devices'
import { ShadowMmu } from '@mica-vm/shadow-mmu'

// MOV EDX,3F8h; MOV ESI,message; next: LODSB; OUT DX,AL; TEST AL,AL; JNZ next; HLT; message: 'Hello'
const header = [0x1badb002, 0x10000, -(0x1badb002 + 0x10000), 0x100000, 0x100000, 0, 0, 0x100020]
const code = [0xba, 0xf8, 3, 0, 0, 0xbe, 0x31, 0, 0x10, 0, 0xac, 0xee, 0x84, 0xc0, 0x75, 0xfa, 0xf4]
const kernel = Uint8Array.from([...new Uint8Array(Int32Array.from(header).buffer), ...code, ...Buffer.from('Hello\0')])

const cacheBytes = 4 << 20
const machine = new MachineMemory({ bytes: 32 << 20, reservedBytes: vcpuBytes + cacheBytes })
const ram = { start: 0, length: 16 << 20 }
const pages = new PhysicalMap(machine, { ranges: [{ ...ram, kind: 'ram' }] })
const { entries, ...offsets } = tlbOffsets
const mmu = new ShadowMmu({ memory: machine.memory, base: 0, layout: { entries, offsets }, pages })
pages.onChange((ppn) => mmu.forget(ppn))

const time = { ns: 0, nowNs: () => time.ns }
const timers = new ClockTimers({ clock: time })
let output = ''
const serial = [{ transmit: (byte: number) => void (output += String.fromCharCode(byte)) }]
const pc = createPcPlatform({
  timers,
  wallClock: { nowMs: () => 0 },
  memory: { belowFourGiBBytes: ram.length },
  serial,
})

const engine = new Engine({ memory: machine.memory, cacheStart: vcpuBytes, cacheBytes })
const vcpu = new Vcpu({ engine, base: 0, mmu, io: pc.bus, interrupts: pc.interrupts, model: mica32() })
pc.interrupts.onChange = (pending) => vcpu.setInterruptLine(pending)

vcpu.load(loadMultiboot({ memory: pages, ram: [ram], kernel }))
assert.equal(vcpu.run(1000), VcpuExit.Halt)
time.ns += vcpu.retired
timers.runDue(time.ns)
assert.equal(output, 'Hello\0')
console.log(`${output} after ${vcpu.retired} instructions`)
