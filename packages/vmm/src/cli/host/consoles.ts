import { mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { StreamPort } from '../../serial/stream-port.ts'
import type { VirtualMachine } from '../../virtual-machine.ts'
import { OutputFile } from '../output-file.ts'
import { UsageError } from '../status.ts'

/** How long a path of a local socket may be, on any system that has them. */
const longestSocketPath = 100
/** A viewer that has so many bytes unread is shown out. */
const mostUnread = 2 ** 20

/**
 * The first serial port of each machine, in a directory: `NAME.log` is what it has sent, and whoever connects to the local
 * socket `NAME.sock` sees what it sends from then on, and types. The same for a virtio console, as `NAME+hvc0`, which is no name of a machine.
 */
export class Consoles {
  readonly #directory: string
  readonly #files: OutputFile[] = []
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  readonly #warn: (text: string) => void

  /** @throws UsageError when the directory cannot be made. */
  constructor(directory: string, warn: (text: string) => void) {
    this.#directory = directory
    this.#warn = warn
    try {
      mkdirSync(directory, { recursive: true })
    } catch (error) {
      throw new UsageError(`--serial-dir ${directory}: cannot be made (${(error as NodeJS.ErrnoException).code})`)
    }
  }

  /** Gives `vm` its files. @throws UsageError when they cannot be made. */
  attach(vm: VirtualMachine): void {
    const serial = this.#attach(vm.name, vm.serial[0]!)
    vm.on('serial', ({ port, bytes }) => (port === 0 ? serial(bytes) : undefined))
    if (!vm.console) return
    const console = this.#attach(`${vm.name}+hvc0`, vm.console)
    vm.on('console', ({ bytes }) => console(bytes))
  }

  /** Two files for one port; returns what to do with the bytes that it sends. */
  #attach(name: string, port: Pick<StreamPort, 'writable'>): (bytes: Uint8Array) => void {
    const log = new OutputFile(join(this.#directory, `${name}.log`), '--serial-dir')
    this.#files.push(log)
    const viewers = new Set<Socket>()
    this.#listen(name, port, viewers)
    return (bytes) => {
      log.write(bytes)
      for (const viewer of viewers) show(viewer, bytes)
    }
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const socket of this.#sockets) socket.end()
    for (const file of this.#files) file.close()
  }

  #listen(name: string, port: Pick<StreamPort, 'writable'>, viewers: Set<Socket>): void {
    const path = join(this.#directory, `${name}.sock`)
    if (path.length > longestSocketPath)
      return this.#warn(`${path} is too long for a socket: there is ${name}.log alone`)
    // One that an earlier host left when it was killed.
    rmSync(path, { force: true })
    const writer = port.writable.getWriter()
    const server = createServer((socket) => {
      viewers.add(socket)
      this.#sockets.add(socket)
      void type(socket, writer)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        viewers.delete(socket)
        this.#sockets.delete(socket)
      })
    })
    server.on('error', (error) => this.#warn(`${path}: ${error.message}`))
    server.listen(path)
    this.#servers.push(server)
  }
}

function show(viewer: Socket, bytes: Uint8Array): void {
  if (viewer.writableLength > mostUnread) viewer.destroy()
  else viewer.write(bytes)
}

/** What a viewer types, as fast as the guest takes it. */
async function type(viewer: Socket, writer: WritableStreamDefaultWriter<Uint8Array>): Promise<void> {
  try {
    for await (const bytes of viewer as AsyncIterable<Uint8Array>) await writer.write(bytes)
  } catch {
    // It has gone, and so may others.
  }
}
