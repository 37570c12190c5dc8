/** Programs for guests: written in assembly or shell here, made when they are used, and put into a guest's root by a second initramfs. */
import { readdirSync, readFileSync } from 'node:fs'
import { packCpio, type CpioEntry } from '@mica-vm/guest-linux'
import { Assembler } from '../../packages/vmm/test/system-oracle/assembler/assembler.ts'
import { ELF_CODE_ADDRESS, elfOf } from './elf.ts'

/** What a program has beyond its code, all zero. */
const ownMemoryBytes = 4 << 20

const here = new URL('.', import.meta.url)
const sourceOf = (file: string): string => readFileSync(new URL(file, here), 'utf8')

/** A Linux program for 32-bit x86 from one of the `.asm` files here. */
export function assembleProgram(name: string): Uint8Array {
  const source = `${sourceOf('start.asm')}\n${sourceOf(`${name}.asm`)}\nmemory:\n`
  const { bytes } = new Assembler({ origin: ELF_CODE_ADDRESS }).assemble(source)
  return elfOf(Uint8Array.from(bytes), ownMemoryBytes)
}

/** All programs and scripts of this folder, as files in `/bin`. */
export function guestPrograms(): CpioEntry[] {
  return readdirSync(here).flatMap((file): CpioEntry[] => {
    const [, name = '', kind] = /^(.*)\.(asm|sh)$/.exec(file) ?? []
    if (kind === undefined || name === 'start') return []
    const data = kind === 'asm' ? assembleProgram(name) : new TextEncoder().encode(sourceOf(file))
    return [{ kind: 'file', path: `bin/${name}`, data, mode: 0o755 }]
  })
}

/**
 * An initramfs with further files: Linux unpacks one archive after the other (kernel documentation, driver-api/early-userspace/buffer-format),
 * each of which begins at a multiple of four bytes.
 */
export function overlayInitrd(initrd: Uint8Array, entries: readonly CpioEntry[]): Uint8Array {
  const start = (initrd.length + 3) & ~3
  const overlay = packCpio(entries)
  const whole = new Uint8Array(start + overlay.length)
  whole.set(initrd)
  whole.set(overlay, start)
  return whole
}
