import { byWide, doubleOrQuad, wideScalars } from './evex-rows.ts'
import type { Row } from './row.ts'

const F = 'a=w cpu=AVX512F'
const BW = 'a=w cpu=AVX512BW'
const DQ = 'a=w cpu=AVX512DQ'

/** Insertion and extraction of a part of a vector. */
function parts(kind: string, base: number): Row[] {
  const at = (step: number): string => (base + step).toString(16)
  return [
    [`66 E0F3A${at(0)} W0 L12`, `vinsert${kind}32x4`, 'Vl Hl Wx Ib', `kz ${F}`],
    [`66 E0F3A${at(0)} W1 L12`, `vinsert${kind}64x2`, 'Vl Hl Wx Ib', `kz ${DQ}`],
    [`66 E0F3A${at(1)} W0 L12`, `vextract${kind}32x4`, 'Wx Vl Ib', `kz ${F}`],
    [`66 E0F3A${at(1)} W1 L12`, `vextract${kind}64x2`, 'Wx Vl Ib', `kz ${DQ}`],
    [`66 E0F3A${at(2)} W0 L2`, `vinsert${kind}32x8`, 'Vl Hl Wm Ib', `kz ${DQ}`],
    [`66 E0F3A${at(2)} W1 L2`, `vinsert${kind}64x4`, 'Vl Hl Wm Ib', `kz ${F}`],
    [`66 E0F3A${at(3)} W0 L2`, `vextract${kind}32x8`, 'Wm Vl Ib', `kz ${DQ}`],
    [`66 E0F3A${at(3)} W1 L2`, `vextract${kind}64x4`, 'Wm Vl Ib', `kz ${F}`],
  ]
}

/** EVEX map 0F 3A: everything has an 8-bit immediate. */
export function evex0f3a(): readonly Row[] {
  return [
    ['66 E0F3A00 W1 L12', 'vpermq', 'Vl Wl Ib', `kz b=8 ${F}`],
    ['66 E0F3A01 W1 L12', 'vpermpd', 'Vl Wl Ib', `kz b=8 ${F}`],
    ...doubleOrQuad('66 E0F3A', '', 'Vl Hl Wl Ib', `kz ${F}`, ['d', 'q'], ['03 valign']),
    ['66 E0F3A04 W0', 'vpermilps', 'Vl Wl Ib', `kz b=4 ${F}`],
    ['66 E0F3A05 W1', 'vpermilpd', 'Vl Wl Ib', `kz b=8 ${F}`],
    ['66 E0F3A08 W0', 'vrndscaleps', 'Vl Wl Ib', `kz b=4 sae ${F}`],
    ['66 E0F3A09 W1', 'vrndscalepd', 'Vl Wl Ib', `kz b=8 sae ${F}`],
    ['66 E0F3A0A W0', 'vrndscaless', 'Vx Hx Wd Ib', `kz sae ${F}`],
    ['66 E0F3A0B W1', 'vrndscalesd', 'Vx Hx Wq Ib', `kz sae ${F}`],
    ['66 E0F3A0F', 'vpalignr', 'Vl Hl Wl Ib', `kz ${BW}`],
    ['66 E0F3A14 L0', 'vpextrb', 'Eyb Vx Ib', BW],
    ['66 E0F3A15 L0', 'vpextrw', 'Eyw Vx Ib', BW],
    ['66 E0F3A16 L0', 'vpextrd|vpextrd|vpextrq', 'Ey Vx Ib', DQ],
    ['66 E0F3A17 L0', 'vextractps', 'Eyd Vx Ib', F],
    ...parts('f', 0x18),
    ...parts('i', 0x38),
    ['66 E0F3A1D W0', 'vcvtps2ph', 'Wm Vl Ib', `kz sae ${F}`],
    ...doubleOrQuad('66 E0F3A', '', 'Kq Hl Wl Ib', `k ${F}`, ['ud', 'uq'], ['1E vpcmp']),
    ...doubleOrQuad('66 E0F3A', '', 'Kq Hl Wl Ib', `k ${F}`, ['d', 'q'], ['1F vpcmp']),
    ...byWide('66 E0F3A', '', 'Kq Hl Wl Ib', `k ${BW}`, ['3E vpcmpub vpcmpuw', '3F vpcmpb vpcmpw']),
    ['66 E0F3A20 L0', 'vpinsrb', 'Vx Hx Eyb Ib', BW],
    ['66 E0F3A21 W0 L0', 'vinsertps', 'Vx Hx Wd Ib', F],
    ['66 E0F3A22 L0', 'vpinsrd|vpinsrd|vpinsrq', 'Vx Hx Ey Ib', DQ],
    ...doubleOrQuad('66 E0F3A', ' L12', 'Vl Hl Wl Ib', `kz ${F}`, ['32x4', '64x2'], ['23 vshuff', '43 vshufi']),
    ...doubleOrQuad('66 E0F3A', '', 'Vl Hl Wl Ib', 'kz cpu=AVX512F', ['d', 'q'], ['25 vpternlog']),
    ...doubleOrQuad('66 E0F3A', '', 'Vl Wl Ib', `kz sae ${F}`, ['ps', 'pd'], ['26 vgetmant']),
    ...wideScalars('E0F3A', ' Ib', `kz sae ${F}`, ['27 vgetmant']),
    ['66 E0F3A42 W0', 'vdbpsadbw', 'Vl Hl Wl Ib', `kz ${BW}`],
    ['66 E0F3A44', 'vpclmulqdq', 'Vl Hl Wl Ib', 'a=w cpu=VPCLMULQDQ'],
    ...doubleOrQuad('66 E0F3A', '', 'Vl Hl Wl Ib', `kz sae ${DQ}`, ['ps', 'pd'], ['50 vrange']),
    ...wideScalars('E0F3A', ' Ib', `kz sae ${DQ}`, ['51 vrange', '57 vreduce']),
    ...doubleOrQuad('66 E0F3A', '', 'Vl Hl Wl Ib', 'kz sae cpu=AVX512F', ['ps', 'pd'], ['54 vfixupimm']),
    ...wideScalars('E0F3A', ' Ib', 'kz sae cpu=AVX512F', ['55 vfixupimm']),
    ...doubleOrQuad('66 E0F3A', '', 'Vl Wl Ib', `kz sae ${DQ}`, ['ps', 'pd'], ['56 vreduce']),
    ...doubleOrQuad('66 E0F3A', '', 'Kq Wl Ib', `k ${DQ}`, ['ps', 'pd'], ['66 vfpclass']),
    ['66 E0F3A67 W0', 'vfpclassss', 'Kq Wd Ib', `k ${DQ}`],
    ['66 E0F3A67 W1', 'vfpclasssd', 'Kq Wq Ib', `k ${DQ}`],
    ['66 E0F3A70 W1', 'vpshldw', 'Vl Hl Wl Ib', 'kz a=w cpu=AVX512_VBMI2'],
    ['66 E0F3A72 W1', 'vpshrdw', 'Vl Hl Wl Ib', 'kz a=w cpu=AVX512_VBMI2'],
    ...doubleOrQuad('66 E0F3A', '', 'Vl Hl Wl Ib', 'kz a=w cpu=AVX512_VBMI2', ['d', 'q'], ['71 vpshld', '73 vpshrd']),
    ['66 E0F3ACE W1', 'vgf2p8affineqb', 'Vl Hl Wl Ib', 'kz b=8 a=w cpu=GFNI'],
    ['66 E0F3ACF W1', 'vgf2p8affineinvqb', 'Vl Hl Wl Ib', 'kz b=8 a=w cpu=GFNI'],
  ]
}
