/** Debian architectures that a default guest is built for. */
export type Architecture = 'i386' | 'amd64'

export const STEPS = ['wait', 'index', 'download', 'unpack', 'pack', 'done'] as const
export type Step = (typeof STEPS)[number]

/** One step of the build, in words for a person; `cached` builds report `done` alone. */
export interface Progress {
  readonly step: Step
  readonly message: string
}

/** Options of everything that is fetched, made and cached here. */
export interface ImageOptions {
  /** Where guests are kept; default: see `defaultCacheDir`. */
  readonly cacheDir?: string
  /** An apt sources file to use in place of the host's own sources. */
  readonly sourcesFile?: string
  /** Ask the archive whether there are newer packages, even when a cached guest would do. */
  readonly refresh?: boolean
  readonly onProgress?: (progress: Progress) => void
}

export interface BuildOptions extends ImageOptions {
  /** Default `i386`. */
  readonly architecture?: Architecture
  /** Kernel modules beside the virtio ones, by name (`ext4`, `9pnet_virtio`); their dependencies come along. */
  readonly extraModules?: readonly string[]
}

/** What a VMM needs to boot the guest. */
export interface GuestLinux {
  /** Path of the bzImage, byte for byte as Debian ships it. */
  readonly kernel: string
  /** Path of the same kernel unpacked (ELF): a loader that takes it spares the guest some two thousand million instructions. */
  readonly vmlinux: string
  /** Path of the initramfs. */
  readonly initrd: string
  readonly commandLine: string
  /** Kernel release as `uname -r` prints it, for example `6.1.0-50-686`. */
  readonly version: string
}

/** A package as apt's index describes it. */
export interface PackageRecord {
  readonly name: string
  readonly version: string
  readonly sha256: string
  /** Bytes of the .deb. */
  readonly size: number
}

/** The files of a guest beside its manifest. */
export const GUEST_FILES = ['vmlinuz', 'vmlinux', 'initrd.img'] as const
export type GuestFile = (typeof GUEST_FILES)[number]

/** A file's length and hash. */
export interface FileFacts {
  readonly bytes: number
  readonly sha256: string
}

/** The part of every manifest that says whether what lies beside it is current and whole. */
export interface CacheManifest {
  readonly recipe: string
  readonly files: Readonly<Record<string, FileFacts>>
}

/** `manifest.json`: what a built guest was made from, and what came out. */
export interface Manifest {
  readonly recipe: string
  readonly architecture: Architecture
  readonly kernelRelease: string
  readonly commandLine: string
  readonly packages: readonly PackageRecord[]
  readonly modules: readonly string[]
  readonly files: Readonly<Record<GuestFile, FileFacts>>
}
