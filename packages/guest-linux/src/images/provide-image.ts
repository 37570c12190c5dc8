import { basename, join, resolve } from 'node:path'
import { buildGuestLinux } from '../build.ts'
import { defaultCacheDir } from '../default-cache-dir.ts'
import { GuestLinuxError, explainFileError } from '../errors.ts'
import { withLock } from '../lock.ts'
import type { ImageOptions } from '../types.ts'
import type { ImagePlan } from './image-plan.ts'
import { GUEST_IMAGES, MADE_IMAGE, PACKAGED_IMAGES } from './image-table.ts'
import type { GuestImageName, PackagedImage } from './image-table.ts'
import { PackageFiles } from './package-files.ts'
import { DISC_FILE, RescueDisc } from './rescue-disc.ts'

const LOCK_TIMEOUT_MS = 600_000

/**
 * The path of an image to boot: from the cache, or fetched from Debian's packages, or made.
 *
 * @throws GuestLinuxError with one line that names what is missing and the way out.
 * @example const iso = await provideGuestImage('grub-cdrom')
 */
export async function provideGuestImage(name: GuestImageName, options: ImageOptions = {}): Promise<string> {
  const plan: ImagePlan = {
    cacheDir: resolve(options.cacheDir ?? defaultCacheDir()),
    sourcesFile: options.sourcesFile,
    refresh: options.refresh ?? false,
    report: options.onProgress ?? (() => undefined),
  }
  try {
    if (name === MADE_IMAGE) return await provideDisc(plan, options)
    const packaged = Object.hasOwn(PACKAGED_IMAGES, name) ? PACKAGED_IMAGES[name] : undefined
    if (packaged !== undefined) return await providePackaged(packaged, plan)
  } catch (error) {
    throw explainFileError(error, plan.cacheDir)
  }
  throw new GuestLinuxError('bad-option', `no image is called ${name}: ${Object.keys(GUEST_IMAGES).join(', ')}`)
}

async function providePackaged(image: PackagedImage, plan: ImagePlan): Promise<string> {
  const siblings = Object.values(PACKAGED_IMAGES).filter((each) => each.package === image.package)
  const paths = siblings.map(({ path }) => path)
  const files = new PackageFiles(image.package, paths, plan)
  const ready = plan.refresh ? undefined : await files.current()
  const directory = ready ?? (await locked(plan, () => files.provide(plan.refresh)))
  return join(directory, basename(image.path))
}

async function provideDisc(plan: ImagePlan, options: ImageOptions): Promise<string> {
  const disc = new RescueDisc(await buildGuestLinux(options), plan)
  return join(await locked(plan, () => disc.provide()), DISC_FILE)
}

function locked<T>(plan: ImagePlan, work: () => Promise<T>): Promise<T> {
  const onWait = (): void => plan.report({ step: 'wait', message: 'waiting for another build of a guest' })
  return withLock(plan.cacheDir, { timeoutMs: LOCK_TIMEOUT_MS, onWait }, work)
}
