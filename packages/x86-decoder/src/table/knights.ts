import type { Row } from './row.ts'

/** W0 and W1 of an operation that gives single and double precision. */
function singleAndDouble(head: string, tail: string, name: string, operands: readonly [string, string], attributes: readonly [string, string]): Row[] {
  return [
    [`66 E0F38${head} W0${tail}`, `${name}s`, operands[0], attributes[0]],
    [`66 E0F38${head} W1${tail}`, `${name}d`, operands[1], attributes[1]],
  ]
}

/** Gathers and scatters that only fetch: a mask, and memory by a vector of indices. */
function prefetches(): Row[] {
  return ['1 vgatherpf0', '2 vgatherpf1', '5 vscatterpf0', '6 vscatterpf1'].flatMap((text) => {
    const [digit, name] = text.split(' ') as [string, string]
    const attributes = 'kr a=n cpu=AVX512PF'
    return [
      ...singleAndDouble(`C6 /${digit} m`, ' L2', `${name}dp`, ['Yld', 'Ymq'], [attributes, attributes]),
      ...singleAndDouble(`C7 /${digit} m`, ' L2', `${name}qp`, ['Yld', 'Ylq'], [attributes, attributes]),
    ]
  })
}

/** Approximations to 2^-23 and 2^-28. */
function approximations(): Row[] {
  const packed = ['kz sae b=4 a=w cpu=AVX512ER', 'kz sae b=8 a=w cpu=AVX512ER'] as const
  const scalar = ['kz sae a=w cpu=AVX512ER', 'kz sae a=w cpu=AVX512ER'] as const
  return [
    ...singleAndDouble('C8', ' L2', 'vexp2p', ['Vl Wl', 'Vl Wl'], packed),
    ...singleAndDouble('CA', ' L2', 'vrcp28p', ['Vl Wl', 'Vl Wl'], packed),
    ...singleAndDouble('CB', '', 'vrcp28s', ['Vx Hx Wd', 'Vx Hx Wq'], scalar),
    ...singleAndDouble('CC', ' L2', 'vrsqrt28p', ['Vl Wl', 'Vl Wl'], packed),
    ...singleAndDouble('CD', '', 'vrsqrt28s', ['Vx Hx Wd', 'Vx Hx Wq'], scalar),
  ]
}

/** What only Knights Landing and Knights Mill have: AVX512ER, PF, 4FMAPS and 4VNNIW (SDM vol. 2; the ISA extensions of 2017). */
export function knights(): readonly Row[] {
  return [
    ...prefetches(),
    ...approximations(),
    ['F2 E0F389A W0 L2 m', 'v4fmaddps', 'Vl Hl Mx', 'kz four cpu=AVX512_4FMAPS'],
    ['F2 E0F389B W0 m', 'v4fmaddss', 'Vx Hx Mx', 'kz four cpu=AVX512_4FMAPS'],
    ['F2 E0F38AA W0 L2 m', 'v4fnmaddps', 'Vl Hl Mx', 'kz four cpu=AVX512_4FMAPS'],
    ['F2 E0F38AB W0 m', 'v4fnmaddss', 'Vx Hx Mx', 'kz four cpu=AVX512_4FMAPS'],
    ['F2 E0F3852 W0 L2 m', 'vp4dpwssd', 'Vl Hl Mx', 'kz four cpu=AVX512_4VNNIW'],
    ['F2 E0F3853 W0 L2 m', 'vp4dpwssds', 'Vl Hl Mx', 'kz four cpu=AVX512_4VNNIW'],
  ]
}
