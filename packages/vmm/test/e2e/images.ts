import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { GuestLinuxError, provideGuestImage, type GuestImageName } from '@mica-vm/guest-linux'
import { MemoryBlockStore, OverlayBlockStore, type BlockStore, type FirmwareImages } from '../../src/index.ts'

interface Context {
  skip(note?: string): never
}

/** Tests that take more than half a minute run in `npm run test:long`. */
export const isLong: boolean = process.env['MICA_LONG'] !== undefined

/** An image out of Debian's packages; skips with the reason where it cannot be had. */
export async function requireImage(context: Context, name: GuestImageName): Promise<Uint8Array> {
  const path = await provideGuestImage(name).catch((error: unknown) => {
    if (error instanceof GuestLinuxError) return context.skip(error.message)
    throw error
  })
  return readFileSync(path)
}

/** FreeDOS on a diskette of 720K, which no package has: beside the checkout, or where `MICA_GUESTS` says. */
export const freedosPath: string = join(
  process.env['MICA_GUESTS'] ?? fileURLToPath(new URL('../../../../../shared/guests', import.meta.url)),
  'freedos722.img',
)

/** That diskette; skips with the reason where it is not. */
export function requireFreedos(context: Context): Uint8Array {
  if (existsSync(freedosPath)) return readFileSync(freedosPath)
  return context.skip(`there is no ${freedosPath}: MICA_GUESTS names the directory that has it`)
}

/** What starts a guest from its media. */
export const bioses: readonly ['SeaBIOS', "Mica's BIOS"] = ['SeaBIOS', "Mica's BIOS"]

/** A BIOS by name; skips where Debian's SeaBIOS cannot be had. */
export async function firmware(context: Context, name: (typeof bioses)[number]): Promise<FirmwareImages | 'mica'> {
  if (name !== 'SeaBIOS') return 'mica'
  return { bios: await requireImage(context, 'seabios'), vgaBios: await requireImage(context, 'seabios-vga') }
}

/** A floppy or hard disk; what the guest writes stays in memory. */
export const disk = (image: Uint8Array): BlockStore => new OverlayBlockStore(new MemoryBlockStore(image))

/** A CD. */
export const disc = (image: Uint8Array): BlockStore =>
  new MemoryBlockStore(image, { sectorBytes: 2048, readOnly: true })

/** An image that ends with its last file, on a diskette of so many KiB. */
export function padded(image: Uint8Array, kib: number): Uint8Array {
  const whole = new Uint8Array(kib * 1024)
  whole.set(image)
  return whole
}
