/** IBM VGA: ports and registers, by the names of the technical reference; Bochs VBE extensions ("dispi"). */
export const Port = {
  MONO_CRTC_INDEX: 0x3b4,
  MONO_CRTC_DATA: 0x3b5,
  MONO_STATUS_1: 0x3ba,
  ATTRIBUTE: 0x3c0,
  ATTRIBUTE_READ: 0x3c1,
  /** Read: input status 0. Write: miscellaneous output. */
  MISC_WRITE: 0x3c2,
  SUBSYSTEM_ENABLE: 0x3c3,
  SEQUENCER_INDEX: 0x3c4,
  SEQUENCER_DATA: 0x3c5,
  PEL_MASK: 0x3c6,
  /** Read: DAC state. Write: index to read from. */
  DAC_READ_INDEX: 0x3c7,
  DAC_WRITE_INDEX: 0x3c8,
  DAC_DATA: 0x3c9,
  FEATURE_READ: 0x3ca,
  MISC_READ: 0x3cc,
  GRAPHICS_INDEX: 0x3ce,
  GRAPHICS_DATA: 0x3cf,
  COLOR_CRTC_INDEX: 0x3d4,
  COLOR_CRTC_DATA: 0x3d5,
  /** Read: input status 1. Write: feature control. */
  COLOR_STATUS_1: 0x3da,
} as const

export const Misc = {
  /** I/O address: 0 at 3Bx, 1 at 3Dx. */
  COLOR: 0x01,
  RAM_ENABLE: 0x02,
  CLOCK_SELECT: 0x0c,
} as const

export const Sequencer = {
  RESET: 0,
  CLOCKING_MODE: 1,
  MAP_MASK: 2,
  CHARACTER_MAP_SELECT: 3,
  MEMORY_MODE: 4,
} as const

export const ClockingMode = { EIGHT_DOTS: 0x01, HALF_DOT_CLOCK: 0x08, SCREEN_OFF: 0x20 } as const
export const MemoryMode = { EXTENDED: 0x02, NOT_ODD_EVEN: 0x04, CHAIN_4: 0x08 } as const

export const Graphics = {
  SET_RESET: 0,
  ENABLE_SET_RESET: 1,
  COLOR_COMPARE: 2,
  DATA_ROTATE: 3,
  READ_MAP_SELECT: 4,
  MODE: 5,
  MISCELLANEOUS: 6,
  COLOR_DONT_CARE: 7,
  BIT_MASK: 8,
} as const

export const GraphicsMode = {
  WRITE_MODE: 0x03,
  READ_MODE: 0x08,
  ODD_EVEN: 0x10,
  SHIFT_INTERLEAVED: 0x20,
  SHIFT_256: 0x40,
} as const

export const GraphicsMisc = { GRAPHICS: 0x01, CHAIN_ODD_EVEN: 0x02, MEMORY_MAP: 0x0c } as const

export const Crtc = {
  HORIZONTAL_TOTAL: 0x00,
  HORIZONTAL_DISPLAY_END: 0x01,
  VERTICAL_TOTAL: 0x06,
  OVERFLOW: 0x07,
  PRESET_ROW_SCAN: 0x08,
  MAXIMUM_SCAN_LINE: 0x09,
  CURSOR_START: 0x0a,
  CURSOR_END: 0x0b,
  START_ADDRESS_HIGH: 0x0c,
  START_ADDRESS_LOW: 0x0d,
  CURSOR_HIGH: 0x0e,
  CURSOR_LOW: 0x0f,
  VERTICAL_RETRACE_START: 0x10,
  VERTICAL_RETRACE_END: 0x11,
  VERTICAL_DISPLAY_END: 0x12,
  OFFSET: 0x13,
  UNDERLINE_LOCATION: 0x14,
  MODE_CONTROL: 0x17,
  LINE_COMPARE: 0x18,
} as const

export const CrtcMode = {
  /** 0: address bit 13 is row scan bit 0. */
  CMS0: 0x01,
  /** 0: address bit 14 is row scan bit 1. */
  CMS1: 0x02,
  COUNT_BY_TWO: 0x08,
  /** In word mode, address bit 0 is counter bit 15 (1) or 13 (0). */
  ADDRESS_WRAP: 0x20,
  BYTE_MODE: 0x40,
} as const
export const Underline = { COUNT_BY_FOUR: 0x20, DOUBLE_WORD: 0x40 } as const
export const CURSOR_OFF = 0x20
/** Vertical retrace end: protects CRTC registers 0..7. */
export const PROTECT = 0x80
export const DOUBLE_SCAN = 0x80

export const Attribute = { MODE: 0x10, PLANE_ENABLE: 0x12, PEL_PANNING: 0x13, COLOR_SELECT: 0x14 } as const
export const AttributeMode = {
  MONO: 0x02,
  LINE_GRAPHICS: 0x04,
  BLINK: 0x08,
  /** The line compare ends panning too. */
  SPLIT_PANNING: 0x20,
  PIXEL_WIDTH: 0x40,
  P54_SELECT: 0x80,
} as const
/** Attribute index: the palette is the display's, not the CPU's. */
export const PALETTE_ADDRESS_SOURCE = 0x20

export const Status1 = { DISPLAY_DISABLED: 0x01, VERTICAL_RETRACE: 0x08 } as const

/** Bits that exist, per register; what lies past a list reads 0. */
export const SEQUENCER_MASKS: readonly number[] = [0x03, 0x3d, 0x0f, 0x3f, 0x0e]
export const GRAPHICS_MASKS: readonly number[] = [0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff]
export const ATTRIBUTE_MASKS: readonly number[] = [...new Array<number>(16).fill(0x3f), 0xef, 0xff, 0x3f, 0x0f, 0x0f]
export const CRTC_REGISTERS = 0x19

export const VBE_INDEX_PORT = 0x1ce
/** 1CEh index, 1CFh and 1D0h data (a 16-bit access at either). */
export const VBE_PORTS = 3

export const Vbe = {
  ID: 0,
  XRES: 1,
  YRES: 2,
  BPP: 3,
  ENABLE: 4,
  BANK: 5,
  VIRT_WIDTH: 6,
  VIRT_HEIGHT: 7,
  X_OFFSET: 8,
  Y_OFFSET: 9,
  VIDEO_MEMORY_64K: 10,
} as const
export const VBE_REGISTERS = 11
export const VbeEnable = { ENABLED: 0x01, GET_CAPS: 0x02, DAC_8_BIT: 0x20, LINEAR: 0x40, NO_CLEAR: 0x80 } as const
export const VBE_ID0 = 0xb0c0
export const VBE_ID5 = 0xb0c5
export const VBE_MAX_X = 2560
export const VBE_MAX_Y = 1600

export const WINDOW_BASE = 0xa_0000
export const WINDOW_BYTES = 0x2_0000
/** One of the four planes. */
export const PLANE_BYTES = 0x1_0000
