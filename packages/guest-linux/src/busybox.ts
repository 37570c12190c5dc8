const latin1 = new TextDecoder('latin1')

/** Busybox keeps its applets' names as one sorted run of NUL-terminated strings that begins with these two. */
const FIRST_APPLETS = '\0[\0[[\0'
const APPLET = /^[a-z0-9[][a-zA-Z0-9._[-]*$/

/**
 * The applets of a busybox binary, read from the binary itself, so that a foreign architecture's busybox
 * need not be run. Empty when the bytes hold no such table.
 */
export function busyboxApplets(binary: Uint8Array): string[] {
  const content = latin1.decode(binary)
  let longest: string[] = []
  for (let at = content.indexOf(FIRST_APPLETS); at >= 0; at = content.indexOf(FIRST_APPLETS, at + 1)) {
    const names = sortedRun(content, at + 1)
    if (names.length > longest.length) longest = names
  }
  return longest
}

function sortedRun(content: string, start: number): string[] {
  const names: string[] = []
  let at = start
  for (;;) {
    const end = content.indexOf('\0', at)
    const name = content.slice(at, end)
    const previous = names.at(-1)
    if (end < 0 || !APPLET.test(name) || (previous !== undefined && name <= previous)) return names
    names.push(name)
    at = end + 1
  }
}
