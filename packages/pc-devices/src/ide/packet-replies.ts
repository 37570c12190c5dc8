/** Answers of a CD-ROM (MMC-4, SPC-3). Numbers in them are big-endian. */

export function put(bytes: Uint8Array, offset: number, size: number, value: number): void {
  for (let i = 0; i < size; i++) bytes[offset + i] = Math.floor(value / 2 ** (8 * (size - 1 - i))) & 0xff
}

export function get(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0
  for (let i = 0; i < size; i++) value = value * 256 + bytes[offset + i]!
  return value
}

export function inquiry(model: string): Uint8Array {
  const reply = new Uint8Array(36)
  // A CD-ROM, removable, answers in format 2.
  reply.set([0x05, 0x80, 0x00, 0x21, 31])
  const text = `MICA    ${model.padEnd(16).slice(0, 16)}1.0 `
  for (let i = 0; i < 28; i++) reply[8 + i] = text.charCodeAt(i)
  return reply
}

export function requestSense(sense: number): Uint8Array {
  const reply = new Uint8Array(18)
  reply[0] = 0x70
  reply[2] = sense >> 16
  reply[7] = 10
  reply[12] = (sense >> 8) & 0xff
  reply[13] = sense & 0xff
  return reply
}

export function capacity(sectors: number, sectorBytes: number): Uint8Array {
  const reply = new Uint8Array(8)
  put(reply, 0, 4, sectors - 1)
  put(reply, 4, 4, sectorBytes)
  return reply
}

function address(lba: number, msf: boolean): number {
  if (!msf) return lba
  const frames = lba + 150
  return (Math.floor(frames / 4500) << 16) | (Math.floor((frames % 4500) / 75) << 8) | (frames % 75)
}

/** Formats 0 (tracks), 1 (sessions), 2 (raw): one data track, and the lead-out. Null for others. */
export function tableOfContents(format: number, first: number, msf: boolean, sectors: number): Uint8Array | null {
  if (format === 1) {
    const reply = Uint8Array.from([0, 10, 1, 1, 0, 0x14, 1, 0, 0, 0, 0, 0])
    put(reply, 8, 4, address(0, msf))
    return reply
  }
  if (format === 2) {
    const points = [0xa0, 0xa1, 0xa2, 1]
    const reply = new Uint8Array(4 + 11 * points.length)
    put(reply, 0, 2, reply.length - 2)
    reply[2] = reply[3] = 1
    points.forEach((point, i) => {
      const at = 4 + 11 * i
      reply.set([1, 0x14, 0, point], at)
      const value = point === 0xa2 ? address(sectors, true) : point === 1 ? address(0, true) : 0x01_0000
      put(reply, at + 8, 3, value)
    })
    return reply
  }
  if (format !== 0 || (first > 1 && first !== 0xaa)) return null
  const tracks = first === 0xaa ? [0xaa] : [1, 0xaa]
  const reply = new Uint8Array(4 + 8 * tracks.length)
  put(reply, 0, 2, reply.length - 2)
  reply[2] = reply[3] = 1
  tracks.forEach((track, i) => {
    reply.set([0, 0x14, track, 0], 4 + 8 * i)
    put(reply, 8 + 8 * i, 4, address(track === 1 ? 0 : sectors, msf))
  })
  return reply
}

/** Profile CD-ROM, and the features that it stands for. */
export function configuration(loaded: boolean): Uint8Array {
  const reply = new Uint8Array(8 + 12 + 12)
  put(reply, 0, 4, reply.length - 4)
  put(reply, 6, 2, loaded ? 0x08 : 0)
  reply.set([0x00, 0x00, 0x03, 8, 0x00, 0x08, loaded ? 1 : 0, 0, 0x00, 0x10, 0, 0], 8)
  // Core feature, ATAPI; removable medium in a tray.
  reply.set([0x00, 0x01, 0x0b, 8, 0, 0, 0, 2, 1, 0, 0, 0], 20)
  return reply
}

/** Media class event, or none if the host did not ask for that class. */
export function eventStatus(classes: number, event: number, loaded: boolean): Uint8Array {
  if (!(classes & 0x10)) return Uint8Array.from([0, 2, 0x80, 0x10])
  return Uint8Array.from([0, 6, 4, 0x10, event, loaded ? 2 : 0, 0, 0])
}

/** One finished session with one track. */
export function discInformation(): Uint8Array {
  const reply = new Uint8Array(34)
  put(reply, 0, 2, 32)
  reply.set([0x0e, 1, 1, 1, 1], 2)
  reply.fill(0xff, 17, 24)
  return reply
}

/** Mode page 2Ah (capabilities) or 01h (error recovery); null for pages that do not exist. */
export function modeSense(page: number, locked: boolean): Uint8Array | null {
  const recovery = [0x01, 6, 0, 5, 0, 0, 0, 0]
  const capabilities = [
    0x2a,
    18,
    0,
    0,
    0x71,
    0x60,
    0x29 | (locked ? 2 : 0),
    0,
    2,
    0xc2,
    0,
    2,
    2,
    0,
    2,
    0xc2,
    0,
    0,
    0,
    0,
  ]
  const pages = page === 0x3f ? [...recovery, ...capabilities] : page === 0x2a ? capabilities : recovery
  if (page !== 0x01 && page !== 0x2a && page !== 0x3f) return null
  const reply = Uint8Array.from([0, 0, 0x01, 0, 0, 0, 0, 0, ...pages])
  put(reply, 0, 2, reply.length - 2)
  return reply
}
