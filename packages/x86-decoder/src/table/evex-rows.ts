import type { Row } from './row.ts'

/** Operations whose element is 4 bytes at W0 and 8 at W1, with a suffix each; memory can be broadcast. */
export function doubleOrQuad(
  prefix: string, tail: string, operands: string, attributes: string, suffixes: readonly [string, string], list: readonly string[],
): Row[] {
  return list.flatMap((text): Row[] => {
    const [opcode, name] = [text.slice(0, 2), text.slice(3)]
    return [
      [`${prefix}${opcode} W0${tail}`, `${name}${suffixes[0]}`, operands, `${attributes} b=4`],
      [`${prefix}${opcode} W1${tail}`, `${name}${suffixes[1]}`, operands, `${attributes} b=8`],
    ]
  })
}

/** Packed single at W0 without a prefix and packed double at W1 with 66. */
export function singleAndDouble(map: string, operands: string, attributes: string, list: readonly string[]): Row[] {
  return list.flatMap((text): Row[] => {
    const [opcode, name] = [text.slice(0, 2), text.slice(3)]
    return [
      [`NP ${map}${opcode} W0`, `${name}ps`, operands, `${attributes} b=4`],
      [`66 ${map}${opcode} W1`, `${name}pd`, operands, `${attributes} b=8`],
    ]
  })
}

/** Scalar single with F3 and scalar double with F2. */
export function scalars(map: string, attributes: string, list: readonly string[]): Row[] {
  return list.flatMap((text): Row[] => {
    const [opcode, name] = [text.slice(0, 2), text.slice(3)]
    return [
      [`F3 ${map}${opcode} W0`, `${name}ss`, 'Vx Hx Wd', attributes],
      [`F2 ${map}${opcode} W1`, `${name}sd`, 'Vx Hx Wq', attributes],
    ]
  })
}

/** Scalars of maps 0F 38 and 0F 3A: with 66, W chooses double. */
export function wideScalars(map: string, immediate: string, attributes: string, list: readonly string[]): Row[] {
  return list.flatMap((text): Row[] => {
    const [opcode, name] = [text.slice(0, 2), text.slice(3)]
    return [
      [`66 ${map}${opcode} W0`, `${name}ss`, `Vx Hx Wd${immediate}`, attributes],
      [`66 ${map}${opcode} W1`, `${name}sd`, `Vx Hx Wq${immediate}`, attributes],
    ]
  })
}

/** The two orders of words: packed `a` at W0, `b` at W1, no broadcast. */
export function byWide(prefix: string, tail: string, operands: string, attributes: string, list: readonly string[]): Row[] {
  return list.flatMap((text): Row[] => {
    const [opcode, low, high] = text.split(' ') as [string, string, string]
    return [
      [`${prefix}${opcode} W0${tail}`, low, operands, attributes],
      [`${prefix}${opcode} W1${tail}`, high, operands, attributes],
    ]
  })
}

/** Fused multiply-add in its three orders; `suffixes` of the packed and the scalar forms at W0 and, if there is one, W1. */
export function fused(map: string, feature: string, element: number, names: readonly (readonly [string, string])[]): Row[] {
  const packed: readonly string[] = ['6 vfmaddsub', '7 vfmsubadd', '8 vfmadd', 'A vfmsub', 'C vfnmadd', 'E vfnmsub']
  const single: readonly string[] = ['9 vfmadd', 'B vfmsub', 'D vfnmadd', 'F vfnmsub']
  const memory = (bytes: number): string => (bytes === 2 ? 'w' : bytes === 4 ? 'd' : 'q')
  return [['9', '132'] as const, ['A', '213'] as const, ['B', '231'] as const].flatMap(([column, order]) =>
    names.flatMap(([packedSuffix, scalarSuffix], wide) => {
      const bytes = element << wide
      return [
        ...packed.map((text): Row => [
          `66 ${map}${column}${text.charAt(0)} W${wide}`, `${text.slice(2)}${order}${packedSuffix}`, 'Vl Hl Wl',
          `kz er b=${bytes} cpu=${feature}`,
        ]),
        ...single.map((text): Row => [
          `66 ${map}${column}${text.charAt(0)} W${wide}`, `${text.slice(2)}${order}${scalarSuffix}`, `Vx Hx W${memory(bytes)}`,
          `kz er cpu=${feature}`,
        ]),
      ]
    }),
  )
}
