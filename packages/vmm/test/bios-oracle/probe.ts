/**
 * A diskette that calls the BIOS and says what it answered: its boot sector loads a table of calls, makes each of them with its
 * registers, and sends registers, flags and a buffer through the debug console, at last the BIOS data area. Any BIOS can be asked.
 */

const sectorBytes = 512
const diskSectors = 2880
/** The table: sectors 2 to 17 of the first track, loaded to 7E00h, behind the boot sector. */
const tableSectors = 16
const callBytes = 34
const endOfTable = 0xff

/** Offset in segment 0 of the last of these sectors, which holds what calls point to. */
export const dataAt = 0x9c00
/** Linear address of the buffer that is sent after each call; ES and DS may name its segment. */
export const bufferSegment = 0x3000
export const bufferBytes = 128
const dataAreaBytes = 0x100
const registerBytes = 38

export const registerNames = ['edi', 'esi', 'ebp', 'esp', 'ebx', 'edx', 'ecx', 'eax'] as const
export type ProbeRegister = Exclude<(typeof registerNames)[number], 'esp'>

export interface Call {
  readonly name: string
  readonly vector: number
  readonly registers?: Partial<Record<ProbeRegister | 'es' | 'ds', number>>
}

export interface Answer {
  readonly registers: Readonly<Record<ProbeRegister | 'es' | 'ds', number>>
  readonly carry: boolean
  readonly zero: boolean
  readonly buffer: Uint8Array
}

export interface Report {
  readonly answers: readonly Answer[]
  readonly dataArea: Uint8Array
}

/** The order in which a table's entry has the registers. */
const tableRegisters = ['eax', 'ebx', 'ecx', 'edx', 'edi', 'ebp', 'esi'] as const

function entry({ vector, registers = {} }: Call): number[] {
  const word = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff]
  const dword = (value: number): number[] => [...word(value), ...word(value >>> 16)]
  return [
    vector,
    0,
    ...word(registers.es ?? bufferSegment),
    ...word(registers.ds ?? bufferSegment),
    ...tableRegisters.flatMap((name) => dword(registers[name] ?? 0)),
  ]
}

// prettier-ignore
const bootSector: readonly number[] = [
  0xeb, 0x3c, 0x90, ...new Array<number>(0x3b).fill(0), // a BIOS parameter block's place
  0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0,       // xor ax,ax; mov ds,es,ss,ax
  0xbc, 0x00, 0x7c, 0xfc,                               // mov sp,7C00h; cld
  0xb8, tableSectors, 0x02, 0xbb, 0x00, 0x7e,           // mov ax,0210h; mov bx,7E00h
  0xb9, 0x02, 0x00, 0xba, 0x00, 0x00, 0xcd, 0x13,       // mov cx,2; mov dx,0; int 13h
  0xc7, 0x06, 0x00, 0x06, 0x00, 0x7e,                   // mov word [600h],7E00h
  // next: xor ax,ax; mov ds,ax; mov si,[600h]; mov al,[si]; cmp al,FFh; je end
  0x31, 0xc0, 0x8e, 0xd8, 0x8b, 0x36, 0x00, 0x06, 0x8a, 0x04, 0x3c, endOfTable, 0x74, 0x54,
  0xa2, 0x9a, 0x7c,                                     // mov [7C9Ah],al: the operand of INT
  0x83, 0x06, 0x00, 0x06, callBytes,                    // add word [600h],34
  0x8e, 0x44, 0x02, 0xff, 0x74, 0x04,                   // mov es,[si+2]; push word [si+4]
  0x66, 0x8b, 0x44, 0x06, 0x66, 0x8b, 0x5c, 0x0a,       // mov eax,[si+6]; mov ebx,[si+10]
  0x66, 0x8b, 0x4c, 0x0e, 0x66, 0x8b, 0x54, 0x12,       // mov ecx,[si+14]; mov edx,[si+18]
  0x66, 0x8b, 0x7c, 0x16, 0x66, 0x8b, 0x6c, 0x1a,       // mov edi,[si+22]; mov ebp,[si+26]
  0x66, 0x8b, 0x74, 0x1e, 0x1f,                         // mov esi,[si+30]; pop ds
  0xeb, 0x00,                                           // jmp: what was written is fetched anew
  0xcd, 0x00,                                           // int 0
  0x9c, 0x1e, 0x06, 0x66, 0x60,                         // pushf; push ds; push es; pushad
  0xfc, 0x89, 0xe6, 0xb9, registerBytes, 0x00,          // cld; mov si,sp; mov cx,38
  0x36, 0xac, 0xe6, 0xe9, 0xe2, 0xfa,                   // ss lodsb; out E9h,al; loop
  0x83, 0xc4, registerBytes,                            // add sp,38
  0xb8, 0x00, 0x30, 0x8e, 0xd8, 0x31, 0xf6, 0xb9, bufferBytes, 0x00, // mov ds,3000h; xor si,si; mov cx,128
  0xac, 0xe6, 0xe9, 0xe2, 0xfb,                         // lodsb; out E9h,al; loop
  0xeb, 0x9e,                                           // jmp next
  // end: mov si,400h; mov cx,100h; lodsb; out E9h,al; loop; mov al,0; out F4h,al; cli; hlt
  0xbe, 0x00, 0x04, 0xb9, 0x00, 0x01, 0xac, 0xe6, 0xe9, 0xe2, 0xfb, 0xb0, 0x00, 0xe6, 0xf4, 0xfa, 0xf4,
]

/** The diskette, 1.44 MB. Sectors behind the table hold their own number. */
export function probeImage(calls: readonly Call[], data: readonly number[]): Uint8Array {
  const image = new Uint8Array(diskSectors * sectorBytes)
  for (let sector = 0; sector < diskSectors; sector++) {
    new DataView(image.buffer).setUint32(sector * sectorBytes, 0x5ec70000 + sector, true)
  }
  image.fill(0, 0, sectorBytes)
  image.set(bootSector)
  image.set([0x55, 0xaa], sectorBytes - 2)
  const table = [...calls.flatMap(entry), endOfTable]
  if (table.length > (tableSectors - 1) * sectorBytes)
    throw new RangeError(`${calls.length} calls are more than the table takes`)
  image.set(table, sectorBytes)
  image.set(data, tableSectors * sectorBytes)
  return image
}

/** Takes apart what came through the debug console. */
export function readReport(output: Uint8Array, calls: readonly Call[]): Report {
  const answerBytes = registerBytes + bufferBytes
  // A BIOS may have said something of its own before.
  const expected = calls.length * answerBytes + dataAreaBytes
  if (output.length < expected) throw new RangeError(`the probe sent ${output.length} bytes of ${expected}`)
  const report = output.slice(output.length - expected)
  const view = new DataView(report.buffer)
  const answers = calls.map((_, index) => {
    const at = index * answerBytes
    const named = registerNames.map((name, place) => [name, view.getUint32(at + 4 * place, true)] as const)
    const registers = {
      ...Object.fromEntries(named),
      es: view.getUint16(at + 32, true),
      ds: view.getUint16(at + 34, true),
    }
    const flags = view.getUint16(at + 36, true)
    return {
      registers: registers as Answer['registers'],
      carry: (flags & 1) !== 0,
      zero: (flags & 0x40) !== 0,
      buffer: report.slice(at + registerBytes, at + answerBytes),
    }
  })
  return { answers, dataArea: report.slice(calls.length * answerBytes) }
}
