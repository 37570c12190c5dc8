import { enableCompileCache } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * Has Node keep what it makes of the sources, so that the next start need not parse them all again. It lies in the user's
 * own cache directory: in a shared one, which is Node's default, others could put code. `NODE_COMPILE_CACHE` names
 * another, `NODE_DISABLE_COMPILE_CACHE` does without.
 */
export function keepCompiledSources(env: NodeJS.ProcessEnv = process.env): void {
  enableCompileCache(join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'mica', 'compiled'))
}
