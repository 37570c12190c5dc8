import type { Row } from './row.ts'
import { avxAndAvx2, entries } from './vex-rows.ts'

/** FMA4: four operands; W exchanges the last two. */
function fma4(): Row[] {
  const packed = entries(['5C vfmaddsub', '5E vfmsubadd', '68 vfmadd', '6C vfmsub', '78 vfnmadd', '7C vfnmsub'])
  const next = (opcode: string, step: number): string => (Number.parseInt(opcode, 16) + step).toString(16).toUpperCase()
  const both = (opcode: string, name: string, operands: string, swapped: string): Row[] => [
    [`66 V0F3A${opcode} W0`, name, operands, 'a=w cpu=FMA4'],
    [`66 V0F3A${opcode} W1`, name, swapped, 'a=w cpu=FMA4'],
  ]
  return packed.flatMap(([opcode, stem]) => {
    const rows = [
      ...both(opcode, `${stem}ps`, 'Vl Hl Wl Ll', 'Vl Hl Ll Wl'),
      ...both(next(opcode, 1), `${stem}pd`, 'Vl Hl Wl Ll', 'Vl Hl Ll Wl'),
    ]
    if (opcode.startsWith('5')) return rows
    return [
      ...rows,
      ...both(next(opcode, 2), `${stem}ss`, 'Vx Hx Wd Lx', 'Vx Hx Lx Wd'),
      ...both(next(opcode, 3), `${stem}sd`, 'Vx Hx Wq Lx', 'Vx Hx Lx Wq'),
    ]
  })
}

const STRING_COMPARE = 'a=r w=oszc c=ap cpu=AVX'

/** VEX map 0F 3A: everything has an 8-bit immediate. */
export function avx0f3a(): readonly Row[] {
  return [
    ['66 V0F3A00 W1 L1', 'vpermq', 'Vl Wl Ib', 'a=w cpu=AVX2'],
    ['66 V0F3A01 W1 L1', 'vpermpd', 'Vl Wl Ib', 'a=w cpu=AVX2'],
    ['66 V0F3A02 W0', 'vpblendd', 'Vl Hl Wl Ib', 'a=w cpu=AVX2'],
    ['66 V0F3A04 W0', 'vpermilps', 'Vl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A05 W0', 'vpermilpd', 'Vl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A06 W0 L1', 'vperm2f128', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A08', 'vroundps', 'Vl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A09', 'vroundpd', 'Vl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A0A', 'vroundss', 'Vx Hx Wd Ib', 'a=w cpu=AVX'],
    ['66 V0F3A0B', 'vroundsd', 'Vx Hx Wq Ib', 'a=w cpu=AVX'],
    ['66 V0F3A0C', 'vblendps', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A0D', 'vblendpd', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
    ...avxAndAvx2('66 V0F3A', 'Vl Hl Wl Ib', 'a=w', ['0E vpblendw', '0F vpalignr', '42 vmpsadbw']),
    ['66 V0F3A14 L0', 'vpextrb', 'Eyb Vx Ib', 'a=w cpu=AVX'],
    ['66 V0F3A15 L0', 'vpextrw', 'Eyw Vx Ib', 'a=w cpu=AVX'],
    ['66 V0F3A16 L0', 'vpextrd|vpextrd|vpextrq', 'Ey Vx Ib', 'a=w cpu=AVX'],
    ['66 V0F3A17 L0', 'vextractps', 'Eyd Vx Ib', 'a=w cpu=AVX'],
    ['66 V0F3A18 W0 L1', 'vinsertf128', 'Vl Hl Wx Ib', 'a=w cpu=AVX'],
    ['66 V0F3A19 W0 L1', 'vextractf128', 'Wx Vl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A1D W0', 'vcvtps2ph', 'Wm Vl Ib', 'a=w cpu=F16C'],
    ['66 V0F3A20 L0', 'vpinsrb', 'Vx Hx Eyb Ib', 'a=w cpu=AVX'],
    ['66 V0F3A21 L0', 'vinsertps', 'Vx Hx Wd Ib', 'a=w cpu=AVX'],
    ['66 V0F3A22 L0', 'vpinsrd|vpinsrd|vpinsrq', 'Vx Hx Ey Ib', 'a=w cpu=AVX'],
    ['66 V0F3A30 r W0 L0', 'kshiftrb', 'Kq kq Ib', 'a=w cpu=AVX512DQ'],
    ['66 V0F3A30 r W1 L0', 'kshiftrw', 'Kq kq Ib', 'a=w cpu=AVX512F'],
    ['66 V0F3A31 r W0 L0', 'kshiftrd', 'Kq kq Ib', 'a=w cpu=AVX512BW'],
    ['66 V0F3A31 r W1 L0', 'kshiftrq', 'Kq kq Ib', 'a=w cpu=AVX512BW'],
    ['66 V0F3A32 r W0 L0', 'kshiftlb', 'Kq kq Ib', 'a=w cpu=AVX512DQ'],
    ['66 V0F3A32 r W1 L0', 'kshiftlw', 'Kq kq Ib', 'a=w cpu=AVX512F'],
    ['66 V0F3A33 r W0 L0', 'kshiftld', 'Kq kq Ib', 'a=w cpu=AVX512BW'],
    ['66 V0F3A33 r W1 L0', 'kshiftlq', 'Kq kq Ib', 'a=w cpu=AVX512BW'],
    ['66 V0F3A38 W0 L1', 'vinserti128', 'Vl Hl Wx Ib', 'a=w cpu=AVX2'],
    ['66 V0F3A39 W0 L1', 'vextracti128', 'Wx Vl Ib', 'a=w cpu=AVX2'],
    ['66 V0F3A40', 'vdpps', 'Vl Hl Wl Ib', 'a=w cpu=AVX'],
    ['66 V0F3A41 L0', 'vdppd', 'Vx Hx Wx Ib', 'a=w cpu=AVX'],
    ['66 V0F3A44 L0', 'vpclmulqdq', 'Vl Hl Wl Ib', 'a=w cpu=PCLMULQDQ'],
    ['66 V0F3A44 L1', 'vpclmulqdq', 'Vl Hl Wl Ib', 'a=w cpu=VPCLMULQDQ'],
    ['66 V0F3A46 W0 L1', 'vperm2i128', 'Vl Hl Wl Ib', 'a=w cpu=AVX2'],
    ['66 V0F3A4A W0', 'vblendvps', 'Vl Hl Wl Ll', 'a=w cpu=AVX'],
    ['66 V0F3A4B W0', 'vblendvpd', 'Vl Hl Wl Ll', 'a=w cpu=AVX'],
    ['66 V0F3A4C W0 L0', 'vpblendvb', 'Vl Hl Wl Ll', 'a=w cpu=AVX'],
    ['66 V0F3A4C W0 L1', 'vpblendvb', 'Vl Hl Wl Ll', 'a=w cpu=AVX2'],
    ['66 V0F3A60 L0', 'vpcmpestrm|vpcmpestrm|vpcmpestrm64', 'Vx Wx Ib', `${STRING_COMPARE} i=ryAX,ryDX,wXMM0`],
    ['66 V0F3A61 L0', 'vpcmpestri|vpcmpestri|vpcmpestri64', 'Vx Wx Ib', `${STRING_COMPARE} i=ryAX,ryDX,wECX`],
    ['66 V0F3A62 L0', 'vpcmpistrm', 'Vx Wx Ib', `${STRING_COMPARE} i=wXMM0`],
    ['66 V0F3A63 L0', 'vpcmpistri', 'Vx Wx Ib', `${STRING_COMPARE} i=wECX`],
    ['66 V0F3ACE W1', 'vgf2p8affineqb', 'Vl Hl Wl Ib', 'a=w cpu=GFNI'],
    ['66 V0F3ACF W1', 'vgf2p8affineinvqb', 'Vl Hl Wl Ib', 'a=w cpu=GFNI'],
    ['66 V0F3ADF L0', 'vaeskeygenassist', 'Vx Wx Ib', 'a=w cpu=AES'],
    ['F2 V0F3AF0 L0', 'rorx', 'Gy Ey Ib', 'a=w cpu=BMI2'],
    ['66 V0F3A48 W0', 'vpermil2ps', 'Vl Hl Wl Ll I4', 'a=w cpu=XOP'],
    ['66 V0F3A48 W1', 'vpermil2ps', 'Vl Hl Ll Wl I4', 'a=w cpu=XOP'],
    ['66 V0F3A49 W0', 'vpermil2pd', 'Vl Hl Wl Ll I4', 'a=w cpu=XOP'],
    ['66 V0F3A49 W1', 'vpermil2pd', 'Vl Hl Ll Wl I4', 'a=w cpu=XOP'],
    ['66 V0F3ADE W0 L0', 'vsm3rnds2', 'Vx Hx Wx Ib', 'cpu=SM3'],
    ...fma4(),
  ]
}
