import type { Row } from './row.ts'

const PRODUCT = 'o64 tiles'

/** Tiles: VEX map 0F 38, 64-bit mode only (SDM vol. 2, chapter 2.4 of the ISA extensions; exception types AMX-E1 to E6). */
export function amx(): readonly Row[] {
  return [
    ['NP V0F3849 W0 L0 /0 m', 'ldtilecfg', 'Mo', 'o64 a=r cpu=AMX_TILE i=wTMM0-7'],
    ['66 V0F3849 W0 L0 /0 m', 'sttilecfg', 'Mo', 'o64 a=w cpu=AMX_TILE'],
    ['NP V0F3849:C0 W0 L0', 'tilerelease', '', 'o64 cpu=AMX_TILE i=wTMM0-7'],
    ['F2 V0F3849 W0 L0 r rm0', 'tilezero', 'T', 'o64 a=w cpu=AMX_TILE'],
    ['66 V0F384B W0 L0 m', 'tileloaddt1', 'T Tm', 'o64 a=w cpu=AMX_TILE'],
    ['F2 V0F384B W0 L0 m', 'tileloadd', 'T Tm', 'o64 a=w cpu=AMX_TILE'],
    ['F3 V0F384B W0 L0 m', 'tilestored', 'Tm T', 'o64 a=w cpu=AMX_TILE'],
    ['F3 V0F385C W0 L0 r', 'tdpbf16ps', 'T Tr Tv', `${PRODUCT} cpu=AMX_BF16`],
    ['F2 V0F385C W0 L0 r', 'tdpfp16ps', 'T Tr Tv', `${PRODUCT} cpu=AMX_FP16`],
    ['NP V0F385E W0 L0 r', 'tdpbuud', 'T Tr Tv', `${PRODUCT} cpu=AMX_INT8`],
    ['66 V0F385E W0 L0 r', 'tdpbusd', 'T Tr Tv', `${PRODUCT} cpu=AMX_INT8`],
    ['F3 V0F385E W0 L0 r', 'tdpbsud', 'T Tr Tv', `${PRODUCT} cpu=AMX_INT8`],
    ['F2 V0F385E W0 L0 r', 'tdpbssd', 'T Tr Tv', `${PRODUCT} cpu=AMX_INT8`],
    ['NP V0F386C W0 L0 r', 'tcmmrlfp16ps', 'T Tr Tv', `${PRODUCT} cpu=AMX_COMPLEX`],
    ['66 V0F386C W0 L0 r', 'tcmmimfp16ps', 'T Tr Tv', `${PRODUCT} cpu=AMX_COMPLEX`],
  ]
}
