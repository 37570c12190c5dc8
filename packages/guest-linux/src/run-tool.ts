import { execFile } from 'node:child_process'
import { GuestLinuxError } from './errors.ts'

export interface ToolResult {
  /** Exit status; -1 when a signal ended the tool. */
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

/** Debian package that brings each tool, for the way out in messages. */
const PACKAGES: Readonly<Record<string, string>> = {
  'apt-get': 'apt',
  'apt-cache': 'apt',
  'dpkg-deb': 'dpkg',
  xz: 'xz-utils',
  'grub-mkrescue': 'grub-common, and grub-pc-bin, xorriso, mtools',
}
const MAX_OUTPUT_BYTES = 256 << 20

/** Runs a tool in plain C locale and answers whatever its exit status; a tool that is not there is an error. */
export function runTool(name: string, args: readonly string[], cwd: string): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...process.env, LC_ALL: 'C' },
      maxBuffer: MAX_OUTPUT_BYTES,
      encoding: 'buffer',
    } as const
    execFile(name, [...args], options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string') {
        reject(error.code === 'ENOENT' ? missingTool(name) : error)
        return
      }
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ status, stdout, stderr: stderr.toString() })
    })
  })
}

function missingTool(name: string): GuestLinuxError {
  return new GuestLinuxError(
    'tool-missing',
    `${name} is not on this machine (Debian package ${PACKAGES[name] ?? name}): build the guest on Debian, or boot a kernel and initrd of your own`,
  )
}

/** The line of a tool's complaint that says most: what could not be fetched, else the last error, else the last line. */
export function complaint(result: ToolResult): string {
  const lines = result.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  const failed = lines.find((line) => /^[EW]: Failed to fetch/.test(line))
  const error = lines.findLast((line) => line.startsWith('E:'))
  return (failed ?? error ?? lines.at(-1) ?? `exit status ${result.status}`).replace(/^[EW]: /, '').slice(0, 300)
}
