// How much of a processor a host of idle default guests takes, with the memory policy and the devices of `mica host`: node --conditions=@mica-vm/source packages/vmm/bench/idle-host.ts [VMS] [SECONDS] [SLACK_MS]
import { readFileSync } from 'node:fs'
import { buildGuestLinux } from '@mica-vm/guest-linux'
import { defaultTimerSlackMs } from '../src/cli/host/host-schema.ts'
import { Host, type VirtualMachine } from '../src/index.ts'

const [vms = 10, seconds = 20, slackMs = defaultTimerSlackMs] = process.argv.slice(2).map(Number)
const mib = 2 ** 20
const memory = 64 * mib

const guest = await buildGuestLinux()
const boot = {
  kernel: readFileSync(guest.vmlinux),
  initrd: readFileSync(guest.initrd),
  commandLine: `${guest.commandLine} quiet`,
}
// There is enough for all: guests are sampled, compared and asked for their statistics, and nothing is taken away.
const host = new Host({ memory: 2 * vms * memory, maximumVms: vms, memoryPolicy: {} })

const machines = Array.from({ length: vms }, () =>
  host.createVm({ memory, boot, timerSlackNs: slackMs * 1e6, virtio: { balloon: true } }),
)
const ends: Promise<unknown>[] = []
// One after the other: kernels measure their clocks while they boot.
for (const vm of machines) {
  const up = prompt(vm)
  ends.push(vm.run())
  await up
}
// What a system does once after it has started is not idleness; and what it does again and again has then been translated.
await sleep(30)

const before = machines.map((vm) => vm.statistics)
const cpuBefore = process.cpuUsage()
const startedAt = performance.now()
await sleep(seconds)
const { user, system } = process.cpuUsage(cpuBefore)
const wallMs = performance.now() - startedAt

console.log(
  `${vms} idle guests: ${((user + system) / wallMs / 10).toFixed(1)} % of a core (${(user / wallMs / 10).toFixed(1)} % user)`,
)
machines.forEach((vm, index) => {
  const [old, now] = [before[index]!, vm.statistics]
  const perSecond = (difference: number): string => (difference / (wallMs / 1e3)).toFixed(0)
  console.log(
    `vm ${index}: per second ${perSecond(now.exits.Halt - old.exits.Halt)} halts, ` +
      `${perSecond(now.processor.interrupts - old.processor.interrupts)} interrupts, ` +
      `${perSecond(now.time.slices - old.time.slices)} slices, ${perSecond(now.instructions - old.instructions)} instructions, ` +
      `${((now.time.runNs - old.time.runNs) / wallMs / 1e4).toFixed(2)} % running`,
  )
})
for (const vm of machines) vm.powerOff()
await Promise.all(ends)

function sleep(forSeconds: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, forSeconds * 1e3))
}

function prompt(vm: VirtualMachine): Promise<void> {
  let text = ''
  return new Promise((resolve) => {
    const stop = vm.on('serial', ({ bytes }) => {
      text += new TextDecoder('latin1').decode(bytes)
      if (!text.includes('mica:/root#')) return
      stop()
      resolve()
    })
  })
}
