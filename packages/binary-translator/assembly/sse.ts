// The exports of the module for vector instructions. Every function takes (cpu, to, from, x): addresses of the state block, of the
// destination, which is the first operand too, and of the source; x says the rest, see each file.
export * from './sse-integer'
export * from './sse-shuffle'
export * from './sse-arithmetic'
export * from './sse-compare'
export * from './sse-convert'
export * from './sse-string'
export * from './aes'
