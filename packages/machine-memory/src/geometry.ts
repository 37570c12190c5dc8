/** Bytes in a frame and in a guest page: the small page of x86. */
export const FRAME_BYTES = 4096

/** Bytes in a page of WebAssembly memory, the unit in which a memory is sized. */
export const WASM_PAGE_BYTES = 65536

/** wasm32 addresses end here. */
export const LARGEST_MEMORY_BYTES: number = 2 ** 32

/**
 * Guest pages that one map can describe (64 GiB). The map is a flat array, so that a lookup is one load;
 * the limit bounds what a sparse layout can cost.
 */
export const LARGEST_MAP_PAGES: number = 2 ** 24
