/**
 * What a user does first with each package: a few lines that run against the packed tarball, in an empty project, on plain Node.
 * They are also type-checked there, with the published declarations.
 */
export const uses: Readonly<Record<string, string>> = {
  'machine-memory': `
    import { MachineMemory } from '@mica-vm/machine-memory'
    const machine = new MachineMemory({ bytes: 1 << 20, reservedBytes: 65536 })
    assert.ok(machine.allocate() > 0)
  `,
}
