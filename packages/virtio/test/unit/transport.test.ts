import { describe, expect, it } from 'vitest'
import { EntropyDevice, Feature, Status, type Chain, type VirtioDevice, type Virtqueue } from '../../src/index.ts'
import { Common, PciBench, SplitDriver, type PciBenchOptions } from '../../src/testing/index.ts'

const sevens = (into: Uint8Array): void => void into.fill(7)

function bench(options: Partial<PciBenchOptions> = {}): PciBench {
  return new PciBench({ device: new EntropyDevice({ random: sevens }), ...options })
}

/** A device that keeps every buffer that it is given. */
function holder(held: { queue: Virtqueue; chain: Chain }[]): VirtioDevice {
  let queues: readonly Virtqueue[] = []
  return {
    deviceId: 4,
    features: [],
    queueSizes: [64],
    configBytes: 0,
    readConfig: () => 0,
    writeConfig: () => {},
    connect: () => {},
    activate: (given) => void (queues = given),
    notify: (index) => {
      const queue = queues[index]!
      const chain = queue.take()
      if (chain) held.push({ queue, chain })
    },
    reset: () => {},
    snapshot: () => null,
    restore: () => {},
  }
}

const upToFeatures = Status.ACKNOWLEDGE | Status.DRIVER | Status.FEATURES_OK

describe('PCI numbers (4.1.2)', () => {
  it('are those of the mode', () => {
    expect(bench({ mode: 'modern' }).pci.numbers).toMatchObject({ deviceId: 0x1044, revisionId: 1 })
    expect(bench().pci.numbers).toMatchObject({ deviceId: 0x1005, revisionId: 0, subsystemId: 4 })
    expect(bench({ mode: 'legacy' }).pci.capabilities).toEqual([])
    expect(bench({ mode: 'modern' }).pci.bars.map((bar) => bar.kind)).toEqual(['memory'])
    expect(bench().pci.bars.map((bar) => bar.kind)).toEqual(['io', 'memory'])
  })
})

describe('status and features (2.1, 3.1.1)', () => {
  it('refuses FEATURES_OK without VERSION_1, and with what was not offered', () => {
    const machine = bench()
    for (const bits of [[], [Feature.EVENT_IDX], [Feature.VERSION_1, 5], [Feature.VERSION_1, 63]]) {
      machine.setCommon(Common.STATUS, 1, 0)
      machine.takeFeatures(bits)
      machine.setCommon(Common.STATUS, 1, upToFeatures)
      expect(machine.status).toBe(Status.ACKNOWLEDGE | Status.DRIVER)
    }
    machine.takeFeatures([Feature.VERSION_1])
    machine.setCommon(Common.STATUS, 1, upToFeatures)
    expect(machine.status).toBe(upToFeatures)
    machine.takeFeatures([])
    machine.setCommon(Common.DRIVER_FEATURE_SELECT, 4, 1)
    expect(machine.common(Common.DRIVER_FEATURE, 4), 'features are settled').toBe(1)
  })

  it('needs a reset when DRIVER_OK comes first, says so by interrupt, and is as new after it', () => {
    const machine = bench()
    machine.setCommon(Common.STATUS, 1, Status.DRIVER_OK)
    expect(machine.status).toBe(Status.DRIVER_OK | Status.NEEDS_RESET)
    expect(machine.failures).toEqual(['DRIVER_OK came before FEATURES_OK'])
    expect([machine.line, machine.readIsr(), machine.line]).toEqual([true, 2, false])
    machine.setCommon(Common.STATUS, 1, 0)
    expect(machine.status).toBe(0)
    machine.start()
    machine.drivers[0]!.add([], [4])
    machine.notify(0)
    expect(machine.drivers[0]!.collect()[0]?.bytes).toEqual(Uint8Array.of(7, 7, 7, 7))
  })

  it('offers packed rings unless told not to', () => {
    expect(bench().offered()).toContain(Feature.RING_PACKED)
    expect(bench({ packed: false }).offered()).not.toContain(Feature.RING_PACKED)
  })
})

describe('queues (4.1.4.3)', () => {
  it('finds what was available before DRIVER_OK, and nothing before it', () => {
    const machine = bench()
    machine.takeFeatures([Feature.VERSION_1])
    machine.setCommon(Common.STATUS, 1, upToFeatures)
    const driver = new SplitDriver({ memory: machine.memory, size: 8 })
    machine.setCommon(Common.QUEUE_SIZE, 2, 8)
    machine.setCommon(Common.QUEUE_DESCRIPTORS, 4, driver.place.descriptors)
    machine.setCommon(Common.QUEUE_DRIVER, 4, driver.place.driver)
    machine.setCommon(Common.QUEUE_DEVICE, 4, driver.place.device)
    machine.setCommon(Common.QUEUE_ENABLE, 2, 1)
    driver.add([], [2])
    machine.notify(0)
    expect(driver.collect()).toEqual([])
    machine.setCommon(Common.STATUS, 1, upToFeatures | Status.DRIVER_OK)
    expect(driver.collect()).toHaveLength(1)
  })

  it('refuses sizes above what is offered, and breaks on those that no ring has', () => {
    const machine = bench({ packed: false })
    machine.setCommon(Common.QUEUE_SIZE, 2, 128)
    expect(machine.common(Common.QUEUE_SIZE, 2)).toBe(64)
    for (const size of [0, 3]) {
      machine.start({ size })
      expect(machine.status & Status.NEEDS_RESET).toBe(Status.NEEDS_RESET)
      expect(machine.failures.at(-1)).toBe(`queue 0: the queue's size is ${size}; a split ring's is a power of two`)
    }
  })

  it('reads as no queue where there is none', () => {
    const machine = bench()
    machine.setCommon(Common.QUEUE_SELECT, 2, 1)
    expect(machine.common(Common.QUEUE_SIZE, 2)).toBe(0)
    machine.setCommon(Common.QUEUE_ENABLE, 2, 1)
    expect(machine.common(Common.QUEUE_ENABLE, 2)).toBe(0)
    machine.start()
    machine.notify(1)
    machine.notify(1023)
    expect(machine.failures).toEqual([])
  })

  it('leaves buffers where they are while the device may not reach memory', () => {
    const machine = bench()
    machine.start()
    const driver = machine.drivers[0]!
    driver.add([], [1])
    machine.isBusMaster = false
    machine.notify(0)
    expect(driver.collect()).toEqual([])
    machine.isBusMaster = true
    machine.notify(0)
    expect(driver.collect()).toHaveLength(1)
  })
})

describe('interrupts (4.1.4.5, 4.1.5.1)', () => {
  it('go by INTx until its status is read, or by the vectors of MSI-X', () => {
    const machine = bench()
    machine.start()
    machine.drivers[0]!.add([], [1])
    machine.notify(0)
    expect([machine.line, machine.signalled]).toEqual([true, []])
    machine.isMsixEnabled = true
    machine.pci.msixChanged()
    expect(machine.line).toBe(false)
    machine.isMsixEnabled = false
    machine.pci.msixChanged()
    expect([machine.line, machine.readIsr(), machine.line]).toEqual([true, 1, false])
    machine.isMsixEnabled = true
    machine.drivers[0]!.collect()
    machine.drivers[0]!.enableInterrupts()
    machine.drivers[0]!.add([], [1])
    machine.notify(0)
    expect([machine.line, machine.signalled]).toEqual([false, [1]])
  })

  it('shows a vector that the table does not have as none', () => {
    const machine = bench()
    machine.setCommon(Common.CONFIG_VECTOR, 2, 1)
    expect(machine.common(Common.CONFIG_VECTOR, 2)).toBe(1)
    machine.setCommon(Common.CONFIG_VECTOR, 2, 2)
    expect(machine.common(Common.CONFIG_VECTOR, 2)).toBe(0xffff)
  })
})

describe('the legacy interface (4.1.4.8)', () => {
  it('does not write to a queue that its driver has taken back while the device held a buffer of it', () => {
    const held: { queue: Virtqueue; chain: Chain }[] = []
    const machine = new PciBench({ device: holder(held), mode: 'legacy' })
    const { pci, memory } = machine
    const ring = new SplitDriver({ memory: aligned(memory), size: 64 })
    pci.write(0, 0x08, 4, ring.place.descriptors / 4096)
    pci.write(0, 0x12, 1, Status.ACKNOWLEDGE | Status.DRIVER | Status.DRIVER_OK)
    ring.add([], [16])
    pci.write(0, 0x10, 2, 0)
    expect(held).toHaveLength(1)
    pci.write(0, 0x08, 4, 0)
    const before = memory.bytes.slice()
    for (const { queue, chain } of held) {
      queue.complete(chain, 16)
      queue.notifyDriver()
    }
    expect(memory.bytes).toEqual(before)
    expect([machine.line, machine.failures]).toEqual([false, []])
  })

  it('works without FEATURES_OK, by a page number', () => {
    const machine = bench({ mode: 'legacy' })
    const { pci, memory } = machine
    pci.write(0, 0x12, 1, Status.ACKNOWLEDGE | Status.DRIVER)
    pci.write(0, 0x04, 4, pci.read(0, 0x00, 4) & (1 << Feature.EVENT_IDX))
    expect(pci.read(0, 0x0c, 2)).toBe(64)
    const ring = new SplitDriver({ memory: aligned(memory), size: 64, eventIndex: true })
    pci.write(0, 0x08, 4, ring.place.descriptors / 4096)
    expect(pci.read(0, 0x08, 4)).toBe(ring.place.descriptors / 4096)
    const queue = pci.session.queues[0]!
    expect([queue.driver, queue.device]).toEqual([queue.descriptors + 1024, queue.descriptors + 4096])
    pci.write(0, 0x12, 1, Status.ACKNOWLEDGE | Status.DRIVER | Status.DRIVER_OK)
    expect(pci.read(0, 0x12, 1)).toBe(7)
    pci.write(0, 0x08, 4, 0)
    expect(pci.read(0, 0x08, 4)).toBe(0)
    pci.write(0, 0x10, 2, 0)
    expect(machine.failures).toEqual([])
  })

  it('shows the vectors of MSI-X in front of the configuration only while it is enabled', () => {
    const machine = bench({ mode: 'legacy' })
    machine.isMsixEnabled = true
    machine.pci.write(0, 0x14, 2, 1)
    expect(machine.pci.read(0, 0x14, 2)).toBe(1)
    machine.isMsixEnabled = false
    expect(machine.pci.read(0, 0x14, 2)).toBe(0)
  })
})

/** The next allocation begins a page. */
function aligned(memory: PciBench['memory']): PciBench['memory'] {
  memory.allocate(0, 4096)
  return memory
}

describe('snapshots', () => {
  it('go on where they were taken, in the middle of a packed ring', () => {
    const first = bench()
    first.start({ size: 4 })
    const driver = first.drivers[0]!
    for (let i = 0; i < 6; i++) {
      driver.add([], [1])
      first.notify(0)
      driver.collect()
    }
    const state = JSON.parse(JSON.stringify(first.pci.snapshot())) as ReturnType<typeof first.pci.snapshot>
    const second = bench()
    second.memory.bytes.set(first.memory.bytes)
    second.pci.restore(state)
    expect(second.pci.snapshot()).toEqual(state)
    driver.add([], [3])
    second.memory.bytes.set(first.memory.bytes)
    second.notify(0)
    first.memory.bytes.set(second.memory.bytes)
    expect(driver.collect()[0]?.bytes).toEqual(Uint8Array.of(7, 7, 7))
  })
})
