// The module's exports. Every function takes the byte address of a vCPU's state block first; see layout.ts.
export * from './control'
export * from './load'
export * from './store'
export * from './arithmetic-instructions'
export * from './compare'
export { frndint, fscale, fxtract } from './scale'
export * from './remainder'
export * from './environment'
