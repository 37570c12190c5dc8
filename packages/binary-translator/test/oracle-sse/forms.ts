// The instructions under test, as lines of text: prefix, opcode, mnemonic, what the operands hold; then, optionally, an immediate (i),
// memory only (m), registers only (r), no ModRM (n), or the ModRM digit of a form whose operand is its destination (/2).

/** What operands hold: integers, shift counts, characters, values for MXCSR, singles, doubles. */
export type Content = 'int' | 'shift' | 'text' | 'control' | 'f32' | 'f64'

export interface Form {
  readonly name: string
  /** Prefix and opcode. */
  readonly opcode: readonly number[]
  readonly content: Content
  readonly immediate: boolean
  readonly memory: boolean
  readonly modrm: boolean
  /** ModRM's middle field. */
  readonly digit: number
}

const widened = `60 punpcklbw,61 punpcklwd,62 punpckldq,63 packsswb,64 pcmpgtb,65 pcmpgtw,66 pcmpgtd,67 packuswb,68 punpckhbw,
69 punpckhwd,6A punpckhdq,6B packssdw,74 pcmpeqb,75 pcmpeqw,76 pcmpeqd,D4 paddq,D5 pmullw,D8 psubusb,D9 psubusw,DA pminub,DB pand,
DC paddusb,DD paddusw,DE pmaxub,DF pandn,E0 pavgb,E3 pavgw,E4 pmulhuw,E5 pmulhw,E8 psubsb,E9 psubsw,EA pminsw,EB por,EC paddsb,
ED paddsw,EE pmaxsw,EF pxor,F4 pmuludq,F5 pmaddwd,F6 psadbw,F8 psubb,F9 psubw,FA psubd,FB psubq,FC paddb,FD paddw,FE paddd,
3800 pshufb,3801 phaddw,3802 phaddd,3803 phaddsw,3804 pmaddubsw,3805 phsubw,3806 phsubd,3807 phsubsw,3808 psignb,3809 psignw,
380A psignd,380B pmulhrsw,381C pabsb,381D pabsw,381E pabsd`
const shifts = 'D1 psrlw,D2 psrld,D3 psrlq,E1 psraw,E2 psrad,F1 psllw,F2 pslld,F3 psllq'
const constantShifts = '71 psrlw 2,71 psraw 4,71 psllw 6,72 psrld 2,72 psrad 4,72 pslld 6,73 psrlq 2,73 psllq 6'

const others = `
66 6C punpcklqdq int
66 6D punpckhqdq int
66 73 psrldq int ir /3
66 73 pslldq int ir /7
NP 6E movd int
66 6E movd int
NP 7E movd int
66 7E movd int
F3 7E movq int
66 D6 movq int
F3 D6 movq2dq int r
F2 D6 movdq2q int r
NP 6F movq int
66 6F movdqa int
F3 6F movdqu int
NP 7F movq int
66 7F movdqa int
F3 7F movdqu int
NP 70 pshufw int i
66 70 pshufd int i
F3 70 pshufhw int i
F2 70 pshuflw int i
NP C4 pinsrw int i
66 C4 pinsrw int i
NP C5 pextrw int ir
66 C5 pextrw int ir
NP D7 pmovmskb int r
66 D7 pmovmskb int r
NP E7 movntq int m
66 E7 movntdq int m
NP F7 maskmovq int r
66 F7 maskmovdqu int r
NP 10 movups int
66 10 movupd int
F3 10 movss int
F2 10 movsd int
NP 11 movups int
66 11 movupd int
F3 11 movss int
F2 11 movsd int
NP 12 movlps int m
NP 12 movhlps int r
66 12 movlpd int m
F3 12 movsldup int
F2 12 movddup int
NP 13 movlps int m
66 13 movlpd int m
NP 16 movhps int m
NP 16 movlhps int r
66 16 movhpd int m
F3 16 movshdup int
NP 17 movhps int m
66 17 movhpd int m
NP 28 movaps int
66 28 movapd int
NP 29 movaps int
66 29 movapd int
NP 2B movntps int m
66 2B movntpd int m
NP 50 movmskps int r
66 50 movmskpd int r
NP C3 movnti int m
F2 F0 lddqu int m
66 382A movntdqa int m
NP 14 unpcklps int
66 14 unpcklpd int
NP 15 unpckhps int
66 15 unpckhpd int
NP 54 andps int
66 54 andpd int
NP 55 andnps int
66 55 andnpd int
NP 56 orps int
66 56 orpd int
NP 57 xorps int
66 57 xorpd int
NP C6 shufps int i
66 C6 shufpd int i
NP 3A0F palignr int i
66 3A0F palignr int i
66 3810 pblendvb int
66 3814 blendvps int
66 3815 blendvpd int
66 3828 pmuldq int
66 3829 pcmpeqq int
66 382B packusdw int
66 3837 pcmpgtq int
66 3838 pminsb int
66 3839 pminsd int
66 383A pminuw int
66 383B pminud int
66 383C pmaxsb int
66 383D pmaxsd int
66 383E pmaxuw int
66 383F pmaxud int
66 3840 pmulld int
66 3841 phminposuw int
66 3817 ptest int
66 38DB aesimc int
66 38DC aesenc int
66 38DD aesenclast int
66 38DE aesdec int
66 38DF aesdeclast int
66 3ADF aeskeygenassist int i
66 3A44 pclmulqdq int i
NP AE ldmxcsr control m /2
NP AE stmxcsr int m /3
NP 77 emms int rn
66 3820 pmovsxbw int
66 3821 pmovsxbd int
66 3822 pmovsxbq int
66 3823 pmovsxwd int
66 3824 pmovsxwq int
66 3825 pmovsxdq int
66 3830 pmovzxbw int
66 3831 pmovzxbd int
66 3832 pmovzxbq int
66 3833 pmovzxwd int
66 3834 pmovzxwq int
66 3835 pmovzxdq int
NP 38F0 movbe int m
NP 38F1 movbe int m
66 38F0 movbe int m
66 38F1 movbe int m
F2 38F0 crc32 int
F2 38F1 crc32 int
66F2 38F1 crc32 int
66 3A0C blendps int i
66 3A0D blendpd int i
66 3A0E pblendw int i
66 3A14 pextrb int i
66 3A15 pextrw int i
66 3A16 pextrd int i
66 3A17 extractps int i
66 3A20 pinsrb int i
66 3A21 insertps int i
66 3A22 pinsrd int i
66 3A42 mpsadbw int i
66 3A60 pcmpestrm text i
66 3A61 pcmpestri text i
66 3A62 pcmpistrm text i
66 3A63 pcmpistri text i
NP 2A cvtpi2ps int
66 2A cvtpi2pd int
F3 2A cvtsi2ss int
F2 2A cvtsi2sd int
NP 2C cvttps2pi f32
66 2C cvttpd2pi f64
F3 2C cvttss2si f32
F2 2C cvttsd2si f64
NP 2D cvtps2pi f32
66 2D cvtpd2pi f64
F3 2D cvtss2si f32
F2 2D cvtsd2si f64
NP 5A cvtps2pd f32
66 5A cvtpd2ps f64
F3 5A cvtss2sd f32
F2 5A cvtsd2ss f64
NP 5B cvtdq2ps int
66 5B cvtps2dq f32
F3 5B cvttps2dq f32
66 E6 cvttpd2dq f64
F3 E6 cvtdq2pd int
F2 E6 cvtpd2dq f64
NP 2E ucomiss f32
66 2E ucomisd f64
NP 2F comiss f32
66 2F comisd f64
NP C2 cmpps f32 i
66 C2 cmppd f64 i
F3 C2 cmpss f32 i
F2 C2 cmpsd f64 i
66 7C haddpd f64
F2 7C haddps f32
66 7D hsubpd f64
F2 7D hsubps f32
66 D0 addsubpd f64
F2 D0 addsubps f32
66 3A08 roundps f32 i
66 3A09 roundpd f64 i
66 3A0A roundss f32 i
66 3A0B roundsd f64 i
66 3A40 dpps f32 i
66 3A41 dppd f64 i`

const arithmetic = '51 sqrt,58 add,59 mul,5C sub,5D min,5E div,5F max'

const prefixes: Readonly<Record<string, readonly number[]>> = {
  NP: [],
  66: [0x66],
  F3: [0xf3],
  F2: [0xf2],
  '66F2': [0x66, 0xf2],
}

function* lines(): Generator<string> {
  for (const text of widened.replaceAll('\n', '').split(','))
    for (const prefix of ['NP', '66']) yield `${prefix} ${text} int`
  for (const text of shifts.split(',')) for (const prefix of ['NP', '66']) yield `${prefix} ${text} shift`
  for (const text of constantShifts.split(',')) {
    const [opcode, name, digit] = text.split(' ')
    for (const prefix of ['NP', '66']) yield `${prefix} ${opcode} ${name} int ir /${digit}`
  }
  for (const text of arithmetic.split(',')) {
    yield `NP ${text}ps f32`
    yield `66 ${text}pd f64`
    yield `F3 ${text}ss f32`
    yield `F2 ${text}sd f64`
  }
  yield* others.trim().split('\n')
}

function* formsOf(line: string): Generator<Form> {
  const [prefix, opcode, name, content, options = '', digit = '/1'] = line.split(' ')
  const bytes = [...prefixes[prefix!]!, 0x0f, ...(opcode!.match(/../g) ?? []).map((byte) => parseInt(byte, 16))]
  for (const memory of [false, true]) {
    if (options.includes(memory ? 'r' : 'm')) continue
    yield {
      name: `${name} ${prefix} ${opcode}${digit === '/1' ? '' : digit} ${memory ? 'memory' : 'register'}`,
      opcode: bytes,
      content: content as Content,
      immediate: options.includes('i'),
      memory,
      modrm: !options.includes('n'),
      digit: Number(digit.slice(1)),
    }
  }
}

export const forms: readonly Form[] = [...lines()].flatMap((line) => [...formsOf(line)])

/** A form's machine code: its operand is [EDI], or the third register. */
export function codeOf({ opcode, memory, modrm, digit, immediate }: Form, value: number): number[] {
  return [...opcode, ...(modrm ? [(memory ? 7 : 0xc2) | (digit << 3)] : []), ...(immediate ? [value] : [])]
}
