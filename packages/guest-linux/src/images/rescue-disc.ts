import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GuestLinuxError } from '../errors.ts'
import { fileFacts, sha256 } from '../file-facts.ts'
import { GuestCache } from '../guest-cache.ts'
import { complaint, runTool } from '../run-tool.ts'
import type { CacheManifest, GuestLinux } from '../types.ts'
import { MADE_IMAGE } from './image-table.ts'
import type { ImagePlan } from './image-plan.ts'

/** The name of the disc's file. */
export const DISC_FILE = 'debian.iso'

/** The boot loader's script: no menu, and the kernel talks to screen and serial port, the shell to the serial port. */
function grubScript(commandLine: string): string {
  return `set timeout=0
menuentry Debian {
  linux /vmlinuz console=tty0 ${commandLine}
  initrd /initrd.img
}
`
}

const loaderFiles = '/usr/lib/grub/i386-pc'

/**
 * A CD that boots the default guest by GRUB, as installation discs do: made by `grub-mkrescue`, for BIOSes only.
 * Debian's `grub-common`, `grub-pc-bin`, `xorriso` and `mtools` have to be installed.
 */
export class RescueDisc {
  private readonly guest: GuestLinux
  private readonly plan: ImagePlan
  private readonly cache: GuestCache<CacheManifest>

  constructor(guest: GuestLinux, plan: ImagePlan) {
    this.guest = guest
    this.plan = plan
    this.cache = new GuestCache(plan.cacheDir, MADE_IMAGE)
  }

  /** The directory with the disc in it; made where it is not there, or was made from another guest. Needs the lock. */
  async provide(): Promise<string> {
    const script = grubScript(this.guest.commandLine)
    const [kernel, initrd] = [await readFile(this.guest.kernel), await readFile(this.guest.initrd)]
    const recipe = sha256(JSON.stringify([script, sha256(kernel), sha256(initrd)]))
    const current = await this.cache.current(recipe)
    if (current !== undefined && !this.plan.refresh) return current.directory
    const draft = await this.cache.draft()
    try {
      this.plan.report({ step: 'pack', message: `writing a CD with Linux ${this.guest.version}` })
      const tree = join(draft, 'tree')
      await mkdir(join(tree, 'boot', 'grub'), { recursive: true })
      await cp(this.guest.kernel, join(tree, 'vmlinuz'))
      await cp(this.guest.initrd, join(tree, 'initrd.img'))
      await writeFile(join(tree, 'boot', 'grub', 'grub.cfg'), script)
      const finished = join(draft, 'files')
      await mkdir(finished)
      await makeDisc(tree, join(finished, DISC_FILE))
      const files = { [DISC_FILE]: fileFacts(await readFile(join(finished, DISC_FILE))) }
      return await this.cache.finish(finished, { recipe, files })
    } finally {
      await rm(draft, { recursive: true, force: true })
    }
  }
}

async function makeDisc(tree: string, target: string): Promise<void> {
  const result = await runTool('grub-mkrescue', ['-d', loaderFiles, '-o', target, tree], '/')
  if (result.status === 0) return
  throw new GuestLinuxError(
    'tool-missing',
    `grub-mkrescue made no CD (${complaint(result)}): install grub-common, grub-pc-bin, xorriso and mtools`,
  )
}
