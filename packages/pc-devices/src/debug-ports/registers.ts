/** Power-on self test codes. */
export const POST = 0x80
/** Bochs-style debug console: writes are characters, reads give E9h so that a guest can detect it. */
export const DEBUG_CONSOLE = 0xe9
/** Where SeaBIOS and EDK II write their log, if reading it answers as the debug console does. */
export const FIRMWARE_LOG = 0x402
/** Debug exit: a write ends the machine with the value written. */
export const DEBUG_EXIT = 0xf4
