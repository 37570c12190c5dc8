import { homedir } from 'node:os'
import { join, resolve, sep } from 'node:path'

/**
 * Where guests are kept unless the caller says otherwise: `MICA_GUEST_CACHE` if set; in a checkout of the project its
 * `.cache/guest-linux`; in an installed package `mica/guest-linux` in the user's XDG cache directory.
 */
export function defaultCacheDir(
  env: NodeJS.ProcessEnv = process.env,
  moduleDirectory: string = import.meta.dirname,
): string {
  if (env.MICA_GUEST_CACHE) return resolve(env.MICA_GUEST_CACHE)
  const fromSource =
    moduleDirectory.endsWith(join('packages', 'guest-linux', 'src')) &&
    !moduleDirectory.includes(`${sep}node_modules${sep}`)
  if (fromSource) return resolve(moduleDirectory, '../../../.cache/guest-linux')
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mica', 'guest-linux')
}
