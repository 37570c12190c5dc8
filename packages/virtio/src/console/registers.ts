/** Feature bits (5.3.3). */
export const ConsoleFeature = { SIZE: 0, MULTIPORT: 1, EMERG_WRITE: 2 } as const

/** Configuration space (5.3.4). */
export const Config = { COLUMNS: 0, ROWS: 2, MOST_PORTS: 4, EMERGENCY: 8, BYTES: 12 } as const

/** Control messages (5.3.6.2): port, event, value, and with some of them text or numbers behind. */
export const Event = {
  DEVICE_READY: 0,
  PORT_ADD: 1,
  PORT_READY: 3,
  CONSOLE_PORT: 4,
  RESIZE: 5,
  PORT_OPEN: 6,
  PORT_NAME: 7,
} as const
export const MESSAGE_BYTES = 8

/** Queues of the control messages; each port has one to receive by and one to send by (5.3.2). */
export const Queue = { CONTROL_RECEIVE: 2, CONTROL_SEND: 3 } as const

/** The port's queue by which the driver gets data; the next one is that by which it sends. */
export function receiveQueue(port: number): number {
  return port === 0 ? 0 : 2 * port + 2
}

export function portOfQueue(index: number): number {
  return index < 2 ? 0 : (index >> 1) - 1
}
