/**
 * What a user does first with each package: a few lines that run against the packed tarball, in an empty project, on plain Node.
 * They are also type-checked there, with the published declarations.
 */
export const uses: Readonly<Record<string, string>> = {
  balloon: `
    import { BalloonDevice } from '@mica-vm/balloon'
    const pages = { endPage: 8, isWritable: () => true, balloon: () => true, deflate: () => true, discard() {} }
    const balloon = new BalloonDevice({ pages, defer: (work) => work() })
    balloon.setTarget(3)
    assert.equal(balloon.readConfig(0, 4), 3)
  `,
  'binary-translator': `
    import { VcpuExit } from '@mica-vm/binary-translator'
    import { FlatMachine } from '@mica-vm/binary-translator/testing'
    const machine = new FlatMachine({ mode: 'translator' })
    machine.start({ eip: 0x1000, registers: { eax: 41 } })
    machine.write(0x1000, [0x40, 0xf4]) // INC EAX; HLT
    assert.equal(machine.run(100), VcpuExit.Halt)
    assert.equal(machine.state.gpr(0), 42)
  `,
  firmware: `
    import { memoryMap, MemoryType } from '@mica-vm/firmware'
    const entries = memoryMap([{ start: 0, length: 64 * 2 ** 20 }])
    assert.equal(entries.at(-1)?.type, MemoryType.Usable)
  `,
  'guest-linux': `
    import { DEFAULT_COMMAND_LINE, packCpio } from '@mica-vm/guest-linux'
    assert.match(DEFAULT_COMMAND_LINE, /console=ttyS0/)
    assert.equal(packCpio([{ kind: 'directory', path: 'bin' }]).length % 4, 0)
  `,
  'machine-memory': `
    import { MachineMemory } from '@mica-vm/machine-memory'
    const machine = new MachineMemory({ bytes: 1 << 20, reservedBytes: 65536 })
    assert.ok(machine.allocate() > 0)
  `,
  'page-sharing': `
    import { PageSharer } from '@mica-vm/page-sharing'
    import { BufferFrames, BufferPages } from '@mica-vm/page-sharing/testing'
    const frames = new BufferFrames(8)
    const sharer = new PageSharer({ frames, random: Math.random, pagesPerSecond: Infinity, pagesPerSecondPerClient: Infinity })
    const guests = [new BufferPages(frames, 2), new BufferPages(frames, 2)]
    for (const pages of guests) {
      pages.write(1, 0, Uint8Array.of(42))
      sharer.addClient({ pages })
    }
    sharer.scan({ pages: 4 })
    assert.equal(guests[0]?.frameOf(1), guests[1]?.frameOf(1))
  `,
  'pc-devices': `
    import { Bus } from '@mica-vm/pc-devices'
    const bus = new Bus()
    bus.attachPorts(0x80, 1, { readPort: () => 42, writePort() {} })
    assert.equal(bus.readPort(0x80, 1), 42)
    assert.equal(bus.readPort(0x81, 1), 0xff)
  `,
  'shadow-mmu': `
    import { Access, Outcome, packedLayout, Privilege, ShadowMmu, tlbBytes } from '@mica-vm/shadow-mmu'
    const memory = { buffer: new ArrayBuffer(1 << 20) }
    const frames = tlbBytes(256) + 4096
    const pages = { readAddress: () => frames, writeAddress: () => frames }
    const mmu = new ShadowMmu({ memory, base: 0, layout: packedLayout(256), pages })
    assert.equal(mmu.access(0x1234, Access.Read, Privilege.Supervisor), Outcome.Direct)
    assert.equal(mmu.host, frames + 0x234)
  `,
  virtio: `
    import { EntropyDevice } from '@mica-vm/virtio'
    import { PciBench } from '@mica-vm/virtio/testing'
    const bench = new PciBench({ device: new EntropyDevice({ random: (into) => into.fill(7) }) })
    bench.start()
    bench.drivers[0]!.add([], [3])
    bench.notify(0)
    assert.deepEqual(bench.drivers[0]!.collect()[0]!.bytes, Uint8Array.of(7, 7, 7))
  `,
  'share-allocator': `
    import { allocate } from '@mica-vm/share-allocator'
    const machine = { shares: 1000, min: 0, max: 100 }
    const clients = [{ ...machine, active: 0 }, { ...machine, active: 1 }]
    assert.deepEqual(allocate(clients, 120, { tax: 0 }), [60, 60])
    assert.deepEqual(allocate(clients, 120), [24, 96])
  `,
  vmm: `
    import { Host } from '@mica-vm/vmm'
    const header = [0x1badb002, 0x10000, -(0x1badb002 + 0x10000), 0x100000, 0x100000, 0x100025, 0x100025, 0x100020]
    const kernel = new Uint8Array(37)
    header.forEach((word, i) => new DataView(kernel.buffer).setUint32(4 * i, word, true))
    kernel.set([0xb0, 42, 0xe6, 0xf4, 0xf4], 32) // MOV AL,42; OUT 0F4h,AL; HLT
    const vm = new Host({ memory: 2 ** 24 }).createVm({ memory: 2 ** 21, boot: { kernel } })
    assert.deepEqual(await vm.run(), { reason: 'debug-exit', value: 42 })
    vm.destroy()
  `,
  'x86-decoder': `
    import { decodeInto, DecodeStatus, format, Instruction } from '@mica-vm/x86-decoder'
    const instruction = new Instruction()
    assert.equal(decodeInto(Uint8Array.of(0x01, 0xd8), 0, 2, 32, instruction), DecodeStatus.Ok)
    assert.equal(format(instruction), 'add eax,ebx')
  `,
}
