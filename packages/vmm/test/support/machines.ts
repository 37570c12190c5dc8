import { Host } from '../../src/index.ts'
import type { HostOptions, VirtualMachine, VmOptions } from '../../src/index.ts'
import { guestImage, type Code } from './guest-program.ts'

export const mib: number = 2 ** 20

/** A small host of its own for each test, with the least that the engine needs. */
export function smallHost(options: Partial<HostOptions> = {}): Host {
  return new Host({ memory: 8 * mib, translationCache: 4 * mib, engine: 'interpreter', ...options })
}

/** A machine that runs `code`. */
export function machine(code: Code, options: Partial<VmOptions> = {}, host: Host = smallHost()): VirtualMachine {
  return host.createVm({ memory: 2 * mib, boot: { kernel: guestImage(...code) }, ...options })
}

/** Everything that the machine's first serial port has sent, gathered by the event. */
export function outputOf(vm: VirtualMachine): { text: string } {
  const output = { text: '' }
  vm.on('serial', ({ bytes }) => void (output.text += new TextDecoder().decode(bytes)))
  return output
}

/** The rest of a stream as text. */
export async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true })
  return text
}
