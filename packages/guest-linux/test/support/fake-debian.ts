import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { elfModule } from './elf-module.ts'

const MODULES: Readonly<Record<string, string>> = {
  'drivers/virtio/virtio.ko': '',
  'drivers/virtio/virtio_ring.ko': '',
  'drivers/virtio/virtio_pci.ko': 'virtio,virtio_ring',
  'drivers/block/virtio_blk.ko': 'virtio,virtio_ring',
  'drivers/char/hw_random/virtio-rng.ko': 'virtio',
  'fs/ext4/ext4.ko': 'jbd2',
  'fs/jbd2/jbd2.ko': '',
}

/** A Debian archive of two packages with its tools, as shell scripts on PATH, and switches to make it misbehave. */
export class FakeDebian {
  readonly root: string = mkdtempSync(join(tmpdir(), 'debian-'))
  readonly cacheDir: string = join(this.root, 'cache')
  readonly bin: string = join(this.root, 'bin')

  constructor() {
    this.script(
      'apt-get',
      `
[ -e "$root/offline" ] && { echo "E: Failed to fetch: no route" >&2; exit 100; }
[ "$last" = update ] && { echo update >>"$root/log"; exit 0; }
echo "$last" >>"$root/log"
cp "$root/pool/\${last%%=*}.deb" .`,
    )
    this.script('apt-cache', 'cat "$root/index/$last"')
    this.script('dpkg-deb', 'mkdir -p "$3" && tar -xf "$2" -C "$3"')
    mkdirSync(join(this.root, 'index'))
    mkdirSync(join(this.root, 'pool'))
    this.publish('1')
  }

  /** What the tools were asked for so far. */
  get log(): string[] {
    const path = join(this.root, 'log')
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
  }

  /** Puts a kernel of this ABI number and a busybox into the archive. */
  publish(abi: string): void {
    const release = `6.1.0-${abi}-686`
    const kernel = new Map<string, Uint8Array>([[`boot/vmlinuz-${release}`, bzImage(`ELF ${release}`)]])
    for (const [path, depends] of Object.entries(MODULES))
      kernel.set(`lib/modules/${release}/kernel/${path}`, elfModule(32, [`depends=${depends}`]))
    this.add(`linux-image-${release}`, abi, kernel)
    this.add(
      'busybox-static',
      '1',
      new Map([['bin/busybox', new TextEncoder().encode('\x7fELF\0[\0[[\0busybox\0mount\0sh\0\0')]]),
    )
    writeFileSync(
      join(this.root, 'index', 'linux-image-686'),
      `Package: linux-image-686\nVersion: ${abi}\nSize: 1\nSHA256: 0\nDepends: linux-image-${release} (= ${abi})\n`,
    )
  }

  flag(name: 'offline', on: boolean): void {
    if (on) writeFileSync(join(this.root, name), '')
    else rmSync(join(this.root, name), { force: true })
  }

  removeFromIndex(name: string): void {
    rmSync(join(this.root, 'index', name))
  }

  damage(name: string): void {
    writeFileSync(join(this.root, 'pool', `${name}.deb`), 'damaged')
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true })
  }

  /** Puts a tool on PATH; `last` is its last argument, `root` the archive's directory. */
  script(name: string, body: string): void {
    mkdirSync(this.bin, { recursive: true })
    const path = join(this.bin, name)
    writeFileSync(path, `#!/bin/sh\nroot='${this.root}'\nfor last; do :; done\n${body}\n`)
    chmodSync(path, 0o755)
  }

  /** Puts a package of these files into the archive. */
  add(name: string, version: string, files: ReadonlyMap<string, Uint8Array>): void {
    const tree = mkdtempSync(join(this.root, 'tree-'))
    for (const [path, data] of files) {
      mkdirSync(dirname(join(tree, path)), { recursive: true })
      writeFileSync(join(tree, path), data)
    }
    const deb = join(this.root, 'pool', `${name}.deb`)
    execFileSync('tar', ['-cf', deb, '-C', tree, '.'])
    const bytes = readFileSync(deb)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(
      join(this.root, 'index', name),
      `Package: ${name}\nVersion: ${version}\nSize: ${bytes.length}\nSHA256: ${sha256}\n`,
    )
    rmSync(tree, { recursive: true })
  }
}

function bzImage(kernel: string): Uint8Array {
  const payload = gzipSync(kernel)
  const image = new Uint8Array(1024 + payload.length)
  const view = new DataView(image.buffer)
  image[0x1f1] = 1
  view.setUint32(0x202, 0x53726448, true)
  view.setUint16(0x206, 0x20f, true)
  view.setUint32(0x24c, payload.length, true)
  image.set(payload, 1024)
  return image
}
