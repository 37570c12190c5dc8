/** The smallest executable that Linux loads: ELF header, one program header, code (System V ABI, chapters 4 and 5). */
const address = 0x0804_8000
const headerBytes = 52
const programHeaderBytes = 32

/** Where the code of `elfOf` begins, which is also where it is entered. */
export const ELF_CODE_ADDRESS: number = address + headerBytes + programHeaderBytes

/** A static i386 executable of one segment that may be read, written and executed, with `zeroBytes` of zeros behind the code. */
export function elfOf(code: Uint8Array, zeroBytes: number): Uint8Array {
  const codeOffset = ELF_CODE_ADDRESS - address
  const file = new Uint8Array(codeOffset + code.length)
  const view = new DataView(file.buffer)
  const [executable, i386, version, readWriteExecute] = [2, 3, 1, 7]
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, version])
  view.setUint16(16, executable, true)
  view.setUint16(18, i386, true)
  view.setUint32(20, version, true)
  view.setUint32(24, ELF_CODE_ADDRESS, true)
  view.setUint32(28, headerBytes, true)
  view.setUint16(40, headerBytes, true)
  view.setUint16(42, programHeaderBytes, true)
  view.setUint16(44, 1, true)
  const segment = [1, 0, address, address, file.length, file.length + zeroBytes, readWriteExecute, 4096]
  segment.forEach((value, i) => view.setUint32(headerBytes + i * 4, value, true))
  file.set(code, codeOffset)
  return file
}
