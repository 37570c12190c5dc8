import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { decode, facts, formCount, Privilege, Sensitivity, SensitivityKind } from '../../src/index.ts'
import { LATER, OF_THE_SAME_KIND, PUBLISHED, sensitiveInstructions } from '../../scripts/sensitive-instructions.ts'
import { resultsOf, virtualizability } from '../../scripts/virtualizability.ts'

test('docs/virtualizability.md is what the table gives', () => {
  const document = readFileSync(new URL('../../../../docs/virtualizability.md', import.meta.url), 'utf8')
  expect(virtualizability(resultsOf(document))).toBe(document)
})

describe('silently sensitive instructions', () => {
  // Oracle: the published list, and by name what goes beyond it.
  test('the published eighteen come out of the table, and the others are known by name', () => {
    const found = sensitiveInstructions(Sensitivity.Silent).map(({ name }) => name)
    expect(new Set(found)).toEqual(new Set([...PUBLISHED, ...OF_THE_SAME_KIND, ...LATER]))
    expect(PUBLISHED.length).toBe(18)
    expect(found.length).toBe(PUBLISHED.length + OF_THE_SAME_KIND.length + LATER.length)
  })

  const at = (hex: string, bitness: 32 | 64 = 32): ReturnType<typeof facts> => {
    const result = decode(Uint8Array.from(Buffer.from(hex, 'hex')), { bitness })
    if (!result.ok) throw new Error(hex)
    return facts(result.instruction.code)
  }

  test('near calls, pushes of general registers and ARPL are innocuous', () => {
    for (const hex of ['e800000000', 'c3', '50', '58', '89d8', '63c8', 'ff10', 'ff20', '9e', 'cc90'.slice(2)]) {
      expect(at(hex).sensitivity, hex).toBe(Sensitivity.None)
    }
  })

  test('POPF is control- and behaviour-sensitive, SGDT behaviour-sensitive, and UMIP stops SGDT', () => {
    expect(at('9d').sensitivityKind).toBe(SensitivityKind.Both)
    expect(at('9d').trapsBy).toBe('')
    expect(at('0f0100').sensitivityKind).toBe(SensitivityKind.Behaviour)
    expect(at('0f0100').trapsBy).toContain('UMIP')
  })

  test('what came later: XGETBV and RDPKRU trap by CR4, RDPID by nothing, CPUID is innocuous by the definition', () => {
    expect(at('0f01d0')).toMatchObject({ sensitivity: Sensitivity.Conditional, trapsBy: 'CR4.OSXSAVE' })
    expect(at('0f01ee')).toMatchObject({ sensitivity: Sensitivity.Conditional, trapsBy: 'CR4.PKE' })
    expect(at('f30fc7f8')).toMatchObject({ sensitivity: Sensitivity.Silent, trapsBy: '' })
    expect(at('0fa2')).toMatchObject({ sensitivity: Sensitivity.Identity, sensitivityKind: SensitivityKind.None })
  })
})

test('every form says whether it is sensitive: in which way, why and what makes it trap, and privileged ones are', () => {
  for (let code = 1; code < formCount(); code++) {
    const { encoding, privilege, sensitivity, sensitivityKind, sensitivityReason, trapsBy } = facts(code)
    if (privilege === Privilege.Cpl0 || privilege === Privilege.Smm) {
      expect(sensitivity, encoding).toBe(Sensitivity.Privileged)
    } else expect(sensitivity, encoding).not.toBe(Sensitivity.Privileged)
    if (privilege === Privilege.Iopl) expect(sensitivity, encoding).toBe(Sensitivity.Conditional)
    if (sensitivity === Sensitivity.None) expect([sensitivityKind, sensitivityReason, trapsBy]).toEqual([0, '', ''])
    else expect(sensitivityReason, encoding).not.toBe('')
    if (sensitivity === Sensitivity.Privileged || sensitivity === Sensitivity.Conditional) {
      expect(sensitivityKind, encoding).not.toBe(SensitivityKind.None)
      expect(trapsBy, encoding).not.toBe('')
    }
  }
})
