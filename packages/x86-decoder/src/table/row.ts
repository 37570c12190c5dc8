/**
 * One row of the table: encoding, mnemonic, operands, attributes. Operands and sizes use the letters of the opcode
 * maps (SDM vol. 2, appendix A); the package's DESIGN.md lists every word that a row may use.
 */
export type Row = readonly [encoding: string, mnemonic: string, operands: string, attributes: string]
