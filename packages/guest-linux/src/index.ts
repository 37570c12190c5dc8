export { buildGuestLinux, VIRTIO_MODULES } from './build.ts'
export { COMMAND_LINE_WORDS, DEFAULT_COMMAND_LINE } from './command-line.ts'
export type { CommandLineWord } from './command-line.ts'
export { packCpio } from './cpio.ts'
export type { CpioEntry } from './cpio.ts'
export { defaultCacheDir } from './default-cache-dir.ts'
export { GUEST_LINUX_ERROR_KINDS, GuestLinuxError } from './errors.ts'
export type { GuestLinuxErrorKind } from './errors.ts'
export { GUEST_IMAGES } from './images/image-table.ts'
export type { GuestImageName } from './images/image-table.ts'
export { provideGuestImage } from './images/provide-image.ts'
export { STEPS } from './types.ts'
export type {
  Architecture,
  BuildOptions,
  FileFacts,
  GuestLinux,
  ImageOptions,
  Manifest,
  PackageRecord,
  Progress,
  Step,
} from './types.ts'
