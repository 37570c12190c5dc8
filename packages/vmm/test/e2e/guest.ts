import { buildGuestLinux, GuestLinuxError, type GuestLinux } from '@mica-vm/guest-linux'

/** The default guest, or why there is none here: no apt, no network. */
export const guest: GuestLinux | string = await buildGuestLinux().catch((error: unknown) => {
  if (error instanceof GuestLinuxError) return error.message
  throw error
})

/** Skips with the reason where the guest cannot be had. */
export function requireGuest(context: { skip(note?: string): never }): GuestLinux {
  return typeof guest === 'string' ? context.skip(guest) : guest
}
