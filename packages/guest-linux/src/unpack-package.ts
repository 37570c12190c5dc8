import { GuestLinuxError } from './errors.ts'
import { complaint, runTool } from './run-tool.ts'

/** Unpacks all files of a Debian package below `directory`. */
export async function unpackPackage(file: string, directory: string): Promise<void> {
  const result = await runTool('dpkg-deb', ['-x', file, directory], '/')
  if (result.status === 0) return
  if (/No space left/i.test(result.stderr)) {
    throw new GuestLinuxError(
      'disk-full',
      `no space left while unpacking ${file}: free about 300 MB or choose another cacheDir`,
    )
  }
  throw new GuestLinuxError(
    'damaged',
    `cannot unpack ${file} (${complaint(result)}): remove that file and run the build again`,
  )
}
