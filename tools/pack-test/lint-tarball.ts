/** Says what is wrong with a tarball: publint for package.json and files, "are the types wrong" for the declarations as users resolve them. */
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { filterProblems, problemKindInfo } from '@arethetypeswrong/core/problems'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** The packages are ES modules only: how older resolutions or `require` see them is not promised. */
const promised = ['node16-esm', 'bundler'] as const

async function publintProblems(tarball: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true })
  return messages.map((message) => formatMessage(message, pkg) ?? message.code)
}

async function typeProblems(tarball: Uint8Array): Promise<string[]> {
  const result = await checkPackage(createPackageFromTarballData(tarball))
  if (!result.types) return ['has no types']
  const problems = promised.flatMap((resolutionKind) => filterProblems(result, { resolutionKind }))
  return [...new Set(problems)].map((problem) => {
    const entrypoint = 'entrypoint' in problem ? ` at ${problem.entrypoint}` : ''
    return `${problemKindInfo[problem.kind].shortDescription}${entrypoint}`
  })
}

export async function lintTarball(tarball: Uint8Array<ArrayBuffer>): Promise<string[]> {
  return [...(await publintProblems(tarball)), ...(await typeProblems(tarball))]
}
