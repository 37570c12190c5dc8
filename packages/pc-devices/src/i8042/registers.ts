/** The keyboard controller of the PC/AT and PS/2 (IBM PS/2 Technical Reference, "Keyboard and auxiliary device controller"). */
export const DATA = 0x60
export const STATUS_COMMAND = 0x64

export const Status = {
  /** Output buffer full: a byte waits at port 60h. */
  OBF: 0x01,
  /** System flag: the self test has passed. */
  SYS: 0x04,
  /** The last write went to the command port. */
  COMMAND: 0x08,
  /** Keyboard not locked. */
  UNLOCKED: 0x10,
  /** The byte at port 60h comes from the auxiliary device. */
  AUX_OBF: 0x20,
} as const

/** Controller command byte. */
export const CommandByte = {
  KEYBOARD_INTERRUPT: 0x01,
  AUX_INTERRUPT: 0x02,
  SYS: 0x04,
  KEYBOARD_DISABLE: 0x10,
  AUX_DISABLE: 0x20,
  /** Translate scan code set 2 to set 1. */
  TRANSLATE: 0x40,
} as const

export const Command = {
  ReadRam: 0x20,
  WriteRam: 0x60,
  TestPassword: 0xa4,
  DisableAux: 0xa7,
  EnableAux: 0xa8,
  TestAux: 0xa9,
  SelfTest: 0xaa,
  TestKeyboard: 0xab,
  DisableKeyboard: 0xad,
  EnableKeyboard: 0xae,
  ReadInputPort: 0xc0,
  ReadOutputPort: 0xd0,
  WriteOutputPort: 0xd1,
  WriteKeyboardBuffer: 0xd2,
  WriteAuxBuffer: 0xd3,
  WriteAuxDevice: 0xd4,
  ReadTestInputs: 0xe0,
  /** F0h..FFh: pulses the output port bits whose command bits are 0. */
  PulseOutputPort: 0xf0,
} as const

export const OutputPort = {
  /** 0 resets the CPU. */
  NOT_RESET: 0x01,
  A20: 0x02,
  KEYBOARD_OBF: 0x10,
  AUX_OBF: 0x20,
  /** Clock and data of mouse (bits 3, 2) and keyboard (bits 6, 7): high. */
  IDLE: 0xcc,
} as const

export const NO_PASSWORD = 0xf1
export const SELF_TEST_PASSED = 0x55

/** What keyboard and mouse answer. */
export const Reply = { ACK: 0xfa, RESEND: 0xfe, SELF_TEST_PASSED: 0xaa, ECHO: 0xee } as const

export const KeyboardCommand = {
  SetLeds: 0xed,
  Echo: 0xee,
  ScanCodeSet: 0xf0,
  Identify: 0xf2,
  Typematic: 0xf3,
  Enable: 0xf4,
  Disable: 0xf5,
  SetDefaults: 0xf6,
  Resend: 0xfe,
  Reset: 0xff,
} as const

export const MouseCommand = {
  Scaling1: 0xe6,
  Scaling2: 0xe7,
  Resolution: 0xe8,
  Status: 0xe9,
  StreamMode: 0xea,
  ReadData: 0xeb,
  ResetWrap: 0xec,
  WrapMode: 0xee,
  RemoteMode: 0xf0,
  Identify: 0xf2,
  SampleRate: 0xf3,
  Enable: 0xf4,
  Disable: 0xf5,
  SetDefaults: 0xf6,
  Resend: 0xfe,
  Reset: 0xff,
} as const
