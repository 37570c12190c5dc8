import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { DEFAULT_COMMAND_LINE } from './command-line.ts'
import { defaultCacheDir } from './default-cache-dir.ts'
import { GuestLinuxError, explainFileError } from './errors.ts'
import { GuestCache } from './guest-cache.ts'
import { FSTAB, INIT_SCRIPT, SHELL_RC } from './init-script.ts'
import { buildInitramfs } from './initramfs.ts'
import { closeOverDependencies } from './kernel-modules.ts'
import { withLock } from './lock.ts'
import { decompress } from './decompress.ts'
import { kernelPayload } from './kernel-payload.ts'
import { findModules } from './module-files.ts'
import { PackageStore } from './packages.ts'
import type { GuestPackages } from './packages.ts'
import { GUEST_FILES } from './types.ts'
import { fileFacts, sha256 } from './file-facts.ts'
import { unpackPackage } from './unpack-package.ts'
import type { Architecture, BuildOptions, GuestFile, GuestLinux, Manifest, Progress } from './types.ts'

/** Raise when the packing changes in a way that the recipe's other inputs do not show. */
const RECIPE_REVISION = 2
const LOCK_TIMEOUT_MS = 600_000

/** Drivers of the devices that a virtual machine usually has. */
export const VIRTIO_MODULES: readonly string[] = [
  'virtio_pci',
  'virtio_blk',
  'virtio_console',
  'virtio_balloon',
  'virtio_net',
  'virtio_rng',
]

type GuestFiles = Readonly<Record<GuestFile, Uint8Array>>

interface Plan {
  readonly architecture: Architecture
  readonly cacheDir: string
  readonly modules: readonly string[]
  readonly recipe: string
  readonly report: (progress: Progress) => void
}

/**
 * Builds the default guest, or answers the cached one: no network is needed as long as nothing changed.
 *
 * @throws GuestLinuxError with one line that names what is missing and the way out.
 * @example const { kernel, initrd, commandLine } = await buildGuestLinux({ onProgress: ({ message }) => console.error(message) })
 */
export async function buildGuestLinux(options: BuildOptions = {}): Promise<GuestLinux> {
  const plan = makePlan(options)
  const cache = new GuestCache<Manifest>(
    plan.cacheDir,
    [plan.architecture, ...[...(options.extraModules ?? [])].sort()].join('+'),
  )
  try {
    const ready = options.refresh === true ? undefined : await cache.current(plan.recipe)
    if (ready !== undefined) return describe(plan, ready.directory, ready.manifest)
    const onWait = (): void => plan.report({ step: 'wait', message: 'waiting for another build of the guest' })
    return await withLock(plan.cacheDir, { timeoutMs: LOCK_TIMEOUT_MS, onWait }, () =>
      buildLocked(plan, cache, options),
    )
  } catch (error) {
    throw explainFileError(error, plan.cacheDir)
  }
}

function makePlan(options: BuildOptions): Plan {
  const { architecture = 'i386', extraModules = [], onProgress = () => undefined } = options
  if (architecture !== 'i386' && architecture !== 'amd64') {
    throw new GuestLinuxError('bad-option', `architecture must be i386 or amd64, not ${JSON.stringify(architecture)}`)
  }
  const odd = extraModules.find((name) => !/^[\w-]+$/.test(name))
  if (odd !== undefined)
    throw new GuestLinuxError('bad-option', `extraModules takes module names such as ext4, not ${JSON.stringify(odd)}`)
  const modules = [...VIRTIO_MODULES, ...extraModules]
  const recipe = sha256(
    JSON.stringify([RECIPE_REVISION, architecture, modules, FSTAB, INIT_SCRIPT, SHELL_RC, DEFAULT_COMMAND_LINE]),
  )
  return { architecture, cacheDir: resolve(options.cacheDir ?? defaultCacheDir()), modules, recipe, report: onProgress }
}

async function buildLocked(plan: Plan, cache: GuestCache<Manifest>, options: BuildOptions): Promise<GuestLinux> {
  const current = await cache.current(plan.recipe)
  if (current !== undefined && options.refresh !== true) return describe(plan, current.directory, current.manifest)
  const store = new PackageStore(plan.cacheDir, plan.architecture, options.sourcesFile, plan.report)
  const packages = await store.provide(options.refresh === true)
  if (current !== undefined && isMadeOf(current.manifest, packages))
    return describe(plan, current.directory, current.manifest)
  const draft = await cache.draft()
  try {
    const manifest = await assemble(plan, store, packages, draft)
    const key = sha256(JSON.stringify([plan.recipe, manifest.packages])).slice(0, 12)
    return describe(plan, await cache.publish(join(draft, 'guest'), key), manifest)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

function isMadeOf(manifest: Manifest, packages: GuestPackages): boolean {
  const wanted = [packages.kernel.sha256, packages.busybox.sha256]
  return manifest.packages.every(({ sha256: hash }, index) => hash === wanted[index])
}

/** Unpacks the packages below `draft` and leaves the finished guest in `draft/guest`. */
async function assemble(plan: Plan, store: PackageStore, packages: GuestPackages, draft: string): Promise<Manifest> {
  plan.report({ step: 'unpack', message: `unpacking ${packages.kernel.name} and busybox` })
  await unpackPackage(store.path(packages.kernel), join(draft, 'kernel'))
  await unpackPackage(store.path(packages.busybox), join(draft, 'busybox'))
  const image = (await readdir(join(draft, 'kernel', 'boot'))).find((name) => name.startsWith('vmlinuz-'))
  if (image === undefined)
    throw new GuestLinuxError(
      'damaged',
      `package ${packages.kernel.name} holds no boot/vmlinuz-*: run the build again with refresh`,
    )
  const release = image.slice('vmlinuz-'.length)

  plan.report({ step: 'pack', message: `packing the initramfs for Linux ${release}` })
  const load = await findModules(join(draft, 'kernel'), release, draft)
  const modules = await closeOverDependencies(plan.modules, load)
  const busybox = await readFile(join(draft, 'busybox', 'bin', 'busybox'))
  const vmlinuz = await readFile(join(draft, 'kernel', 'boot', image))
  const contents: GuestFiles = {
    vmlinuz,
    vmlinux: await unpackKernel(vmlinuz, packages.kernel.name, draft),
    'initrd.img': buildInitramfs({ busybox, release, modules }),
  }
  const manifest: Manifest = {
    recipe: plan.recipe,
    architecture: plan.architecture,
    kernelRelease: release,
    commandLine: DEFAULT_COMMAND_LINE,
    packages: [packages.kernel, packages.busybox],
    modules: modules.map(({ name }) => name),
    files: {
      vmlinuz: fileFacts(contents.vmlinuz),
      vmlinux: fileFacts(contents.vmlinux),
      'initrd.img': fileFacts(contents['initrd.img']),
    },
  }
  await writeGuest(join(draft, 'guest'), contents, manifest)
  return manifest
}

async function writeGuest(directory: string, contents: GuestFiles, manifest: Manifest): Promise<void> {
  await mkdir(directory)
  for (const name of GUEST_FILES) await writeFile(join(directory, name), contents[name])
  await writeFile(join(directory, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}

async function unpackKernel(image: Uint8Array, name: string, scratch: string): Promise<Uint8Array> {
  const payload = kernelPayload(image)
  if (payload === undefined)
    throw new GuestLinuxError(
      'damaged',
      `the kernel of ${name} is not a bzImage in gzip, xz, zstd or lz4: run the build again with refresh`,
    )
  return decompress(payload, `the kernel of ${name}`, scratch)
}

function describe(plan: Plan, directory: string, manifest: Manifest): GuestLinux {
  plan.report({
    step: 'done',
    message: `Linux ${manifest.kernelRelease} (${manifest.architecture}) is in ${directory}`,
  })
  return {
    kernel: join(directory, 'vmlinuz'),
    vmlinux: join(directory, 'vmlinux'),
    initrd: join(directory, 'initrd.img'),
    commandLine: manifest.commandLine,
    version: manifest.kernelRelease,
  }
}
