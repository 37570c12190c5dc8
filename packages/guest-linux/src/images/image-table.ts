/** An image that Debian ships: which package has it, and where in the package it lies. */
export interface PackagedImage {
  readonly package: string
  readonly path: string
  /** One line for a person who looks for something to boot. */
  readonly about: string
}

const installer = 'usr/lib/debian-installer/images/12/i386/text/debian-installer/i386'

export type PackagedImageName =
  | 'memtest-cdrom'
  | 'memtest-kernel'
  | 'grub-cdrom'
  | 'grub-floppy'
  | 'installer-kernel'
  | 'installer-initrd'
  | 'ipxe-cdrom'
  | 'ipxe-kernel'
  | 'seabios'
  | 'seabios-vga'

/** What Debian's packages hold beside Linux kernels that a PC can boot, by the names used here. */
export const PACKAGED_IMAGES: Readonly<Record<PackagedImageName, PackagedImage>> = {
  'memtest-cdrom': {
    package: 'memtest86+',
    path: 'usr/lib/memtest86+/memtest86+ia32.iso',
    about: 'memory test, a CD (El Torito)',
  },
  'memtest-kernel': {
    package: 'memtest86+',
    path: 'boot/memtest86+ia32.bin',
    about: 'memory test, for --kernel; also a bootable floppy',
  },
  'grub-cdrom': {
    package: 'grub-rescue-pc',
    path: 'usr/lib/grub-rescue/grub-rescue-cdrom.iso',
    about: 'GRUB 2 with all its modules, a CD, also a hard disk',
  },
  'grub-floppy': {
    package: 'grub-rescue-pc',
    path: 'usr/lib/grub-rescue/grub-rescue-floppy.img',
    about: 'GRUB 2, a floppy',
  },
  'installer-kernel': {
    package: 'debian-installer-12-netboot-i386',
    path: `${installer}/linux`,
    about: "Debian 12's installer, for --kernel",
  },
  'installer-initrd': {
    package: 'debian-installer-12-netboot-i386',
    path: `${installer}/initrd.gz`,
    about: "Debian 12's installer, for --initrd",
  },
  'ipxe-cdrom': { package: 'ipxe', path: 'usr/lib/ipxe/ipxe.iso', about: 'network boot loader, a CD' },
  'ipxe-kernel': { package: 'ipxe', path: 'boot/ipxe.lkrn', about: 'network boot loader, for --kernel' },
  seabios: { package: 'seabios', path: 'usr/share/seabios/bios-256k.bin', about: 'a PC BIOS, for --bios' },
  'seabios-vga': {
    package: 'seabios',
    path: 'usr/share/seabios/vgabios-stdvga.bin',
    about: 'its video BIOS, for --vgabios',
  },
}

/** The image that is made here, from the default guest's kernel and initramfs. */
export const MADE_IMAGE = 'debian-cdrom'

export type GuestImageName = PackagedImageName | typeof MADE_IMAGE

/** All images, with one line about each for a person who looks for something to boot. */
export const GUEST_IMAGES: Readonly<Record<GuestImageName, string>> = {
  ...mapAbout(PACKAGED_IMAGES),
  [MADE_IMAGE]: "the default guest's kernel and initramfs behind GRUB, a CD",
}

function mapAbout<Name extends string>(images: Readonly<Record<Name, PackagedImage>>): Readonly<Record<Name, string>> {
  const lines = Object.entries<PackagedImage>(images).map(([name, { about }]) => [name, about])
  return Object.fromEntries(lines) as Record<Name, string>
}
