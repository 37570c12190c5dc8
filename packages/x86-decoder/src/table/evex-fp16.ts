import { fused } from './evex-rows.ts'
import type { Row } from './row.ts'
import { rows } from './vex-rows.ts'

const W = 'a=w cpu=AVX512_FP16'

function both(opcode: string, stem: string, mode: string): Row[] {
  return [
    [`NP E5${opcode} W0`, `${stem}ph`, 'Vl Hl Wl', `kz b=2 ${mode} ${W}`],
    [`F3 E5${opcode} W0`, `${stem}sh`, 'Vx Hx Ww', `kz ${mode} ${W}`],
  ]
}

const conversions = (): readonly Row[] => [
  ['NP E51D W0', 'vcvtss2sh', 'Vx Hx Wd', `kz er ${W}`],
  ['66 E51D W0', 'vcvtps2phx', 'Vm Wl', `kz b=4 er ${W}`],
  ['F3 E52A', 'vcvtsi2sh', 'Vx Hx Ey', `er ${W}`],
  ['F3 E52C', 'vcvttsh2si', 'Gy Ww', `sae ${W}`],
  ['F3 E52D', 'vcvtsh2si', 'Gy Ww', `er ${W}`],
  ['NP E55A W0', 'vcvtph2pd', 'Vl Wc', `kz b=2 sae ${W}`],
  ['66 E55A W1', 'vcvtpd2ph', 'Vc Wl', `kz b=8 er ${W}`],
  ['F3 E55A W0', 'vcvtsh2sd', 'Vx Hx Ww', `kz sae ${W}`],
  ['F2 E55A W1', 'vcvtsd2sh', 'Vx Hx Wq', `kz er ${W}`],
  ['NP E55B W0', 'vcvtdq2ph', 'Vm Wl', `kz b=4 er ${W}`],
  ['NP E55B W1', 'vcvtqq2ph', 'Vc Wl', `kz b=8 er ${W}`],
  ['66 E55B W0', 'vcvtph2dq', 'Vl Wm', `kz b=2 er ${W}`],
  ['F3 E55B W0', 'vcvttph2dq', 'Vl Wm', `kz b=2 sae ${W}`],
  ['NP E578 W0', 'vcvttph2udq', 'Vl Wm', `kz b=2 sae ${W}`],
  ['66 E578 W0', 'vcvttph2uqq', 'Vl Wc', `kz b=2 sae ${W}`],
  ['F3 E578', 'vcvttsh2usi', 'Gy Ww', `sae ${W}`],
  ['NP E579 W0', 'vcvtph2udq', 'Vl Wm', `kz b=2 er ${W}`],
  ['66 E579 W0', 'vcvtph2uqq', 'Vl Wc', `kz b=2 er ${W}`],
  ['F3 E579', 'vcvtsh2usi', 'Gy Ww', `er ${W}`],
  ['66 E57A W0', 'vcvttph2qq', 'Vl Wc', `kz b=2 sae ${W}`],
  ['F2 E57A W0', 'vcvtudq2ph', 'Vm Wl', `kz b=4 er ${W}`],
  ['F2 E57A W1', 'vcvtuqq2ph', 'Vc Wl', `kz b=8 er ${W}`],
  ['66 E57B W0', 'vcvtph2qq', 'Vl Wc', `kz b=2 er ${W}`],
  ['F3 E57B', 'vcvtusi2sh', 'Vx Hx Ey', `er ${W}`],
  ['NP E57C W0', 'vcvttph2uw', 'Vl Wl', `kz b=2 sae ${W}`],
  ['66 E57C W0', 'vcvttph2w', 'Vl Wl', `kz b=2 sae ${W}`],
  ['NP E57D W0', 'vcvtph2uw', 'Vl Wl', `kz b=2 er ${W}`],
  ['66 E57D W0', 'vcvtph2w', 'Vl Wl', `kz b=2 er ${W}`],
  ['F3 E57D W0', 'vcvtw2ph', 'Vl Wl', `kz b=2 er ${W}`],
  ['F2 E57D W0', 'vcvtuw2ph', 'Vl Wl', `kz b=2 er ${W}`],
  ['NP E613 W0', 'vcvtsh2ss', 'Vx Hx Ww', `kz sae ${W}`],
  ['66 E613 W0', 'vcvtph2psx', 'Vl Wm', `kz b=2 sae ${W}`],
]

const moves = (): readonly Row[] => [
  ['F3 E510 W0 m', 'vmovsh', 'Vx Mw', `kz ${W}`],
  ['F3 E510 W0 r', 'vmovsh', 'Vx Hx Ux', `kz ${W}`],
  ['F3 E511 W0 m', 'vmovsh', 'Mw Vx', `k ${W}`],
  ['F3 E511 W0 r', 'vmovsh', 'Ux Hx Vx', `kz ${W}`],
  ['66 E56E L0', 'vmovw', 'Vx Eyw', W],
  ['66 E57E L0', 'vmovw', 'Eyw Vx', W],
  ['NP E52E W0', 'vucomish', 'Vx Ww', 'sae a=r w=zpc c=osa cpu=AVX512_FP16'],
  ['NP E52F W0', 'vcomish', 'Vx Ww', 'sae a=r w=zpc c=osa cpu=AVX512_FP16'],
]

/** Complex numbers: the target must be no source. */
const complex = (): readonly Row[] => [
  ['F3 E656 W0', 'vfmaddcph', 'Vl Hl Wl', 'kz unique b=4 er cpu=AVX512_FP16'],
  ['F2 E656 W0', 'vfcmaddcph', 'Vl Hl Wl', 'kz unique b=4 er cpu=AVX512_FP16'],
  ['F3 E657 W0', 'vfmaddcsh', 'Vx Hx Wd', 'kz unique er cpu=AVX512_FP16'],
  ['F2 E657 W0', 'vfcmaddcsh', 'Vx Hx Wd', 'kz unique er cpu=AVX512_FP16'],
  ['F3 E6D6 W0', 'vfmulcph', 'Vl Hl Wl', `kz unique b=4 er ${W}`],
  ['F2 E6D6 W0', 'vfcmulcph', 'Vl Hl Wl', `kz unique b=4 er ${W}`],
  ['F3 E6D7 W0', 'vfmulcsh', 'Vx Hx Wd', `kz unique er ${W}`],
  ['F2 E6D7 W0', 'vfcmulcsh', 'Vx Hx Wd', `kz unique er ${W}`],
]

const arithmetic = (): readonly Row[] => [
  ...['58 vadd', '59 vmul', '5C vsub', '5E vdiv'].flatMap((text) => both(text.slice(0, 2), text.slice(3), 'er')),
  ...['5D vmin', '5F vmax'].flatMap((text) => both(text.slice(0, 2), text.slice(3), 'sae')),
  ['NP E551 W0', 'vsqrtph', 'Vl Wl', `kz b=2 er ${W}`],
  ['F3 E551 W0', 'vsqrtsh', 'Vx Hx Ww', `kz er ${W}`],
  ['66 E62C W0', 'vscalefph', 'Vl Hl Wl', `kz b=2 er ${W}`],
  ['66 E62D W0', 'vscalefsh', 'Vx Hx Ww', `kz er ${W}`],
  ['66 E642 W0', 'vgetexpph', 'Vl Wl', `kz b=2 sae ${W}`],
  ['66 E643 W0', 'vgetexpsh', 'Vx Hx Ww', `kz sae ${W}`],
  ...rows('66 E6', ' W0', 'Vl Wl', `kz b=2 ${W}`, ['4C vrcpph', '4E vrsqrtph']),
  ...rows('66 E6', ' W0', 'Vx Hx Ww', `kz ${W}`, ['4D vrcpsh', '4F vrsqrtsh']),
  ...rows('NP E0F3A', ' W0', 'Vl Wl Ib', `kz b=2 sae ${W}`, ['08 vrndscaleph', '26 vgetmantph', '56 vreduceph']),
  ...rows('NP E0F3A', ' W0', 'Vx Hx Ww Ib', `kz sae ${W}`, ['0A vrndscalesh', '27 vgetmantsh', '57 vreducesh']),
  ['NP E0F3A66 W0', 'vfpclassph', 'Kq Wl Ib', `k b=2 ${W}`],
  ['NP E0F3A67 W0', 'vfpclasssh', 'Kq Ww Ib', `k ${W}`],
  ['NP E0F3AC2 W0', 'vcmpph', 'Kq Hl Wl Ib', `k b=2 sae ${W}`],
  ['F3 E0F3AC2 W0', 'vcmpsh', 'Kq Hx Ww Ib', `k sae ${W}`],
]

/** Half-precision floating point: EVEX maps 5 and 6, and some of map 0F 3A. */
export function evexFp16(): readonly Row[] {
  return [
    ...moves(),
    ...conversions(),
    ...arithmetic(),
    ...complex(),
    ...fused('E6', 'AVX512_FP16', 2, [['ph', 'sh']]),
  ]
}
